// Tensors that OpenVINO reads and writes without a copy by the backend.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "graph/tensor_copy.h"
#include "namesake/openvino.h"
#include "openvino/support.h"

namespace namesake::openvino {
namespace {

using Dimensions = std::vector<std::uint64_t>;

template <typename Call>
std::uint64_t BytesCopiedBy(const Call& call) {
  const std::uint64_t before = graph::TensorBytesCopied();
  call();
  return graph::TensorBytesCopied() - before;
}

SharedTensor Share(const Dimensions& dims, const std::vector<float>& values) {
  return CopyTensor(View(ElementType::kF32, dims, values)).value();
}

std::vector<std::byte> Bytes(const SharedTensor& tensor) {
  return {tensor.bytes.get(), tensor.bytes.get() + tensor.size};
}

std::vector<float> Positive(std::vector<float> values) {
  for (float& value : values) value = std::max(value, 0.0F);
  return values;
}

SharedTensor Compute(ExecutionContext& context, const SharedTensor& input) {
  EXPECT_TRUE(context.ShareInput(0, input));
  EXPECT_TRUE(context.Compute(Deadline::Never()));
  return context.ShareOutput(0).value();
}

// f32 x of this shape, followed by `count` ReLUs, each with a result.
std::string ReluChain(const std::string& shape, int count) {
  const std::string dims = "<dim>-1</dim><dim>3</dim>";
  std::string layers = R"(<layer id="0" name="x" type="Parameter" version="opset1"><data shape=")" +
                       shape +
                       R"(" element_type="f32"/><output><port id="0" precision="FP32" names="x">)" +
                       dims + "</port></output></layer>";
  std::string edges;
  for (int i = 1; i <= count; ++i) {
    const std::string id = std::to_string(i);
    const std::string result = std::to_string(count + i);
    layers += R"(<layer id=")" + id + R"(" name="y)" + id +
              R"(" type="ReLU" version="opset1"><input><port id="0">)" + dims +
              R"(</port></input><output><port id="1" precision="FP32" names="y)" + id + R"(">)" +
              dims + "</port></output></layer>";
    layers += R"(<layer id=")" + result + R"(" name="r)" + id +
              R"(" type="Result" version="opset1"><input><port id="0">)" + dims +
              "</port></input></layer>";
    const std::string from = std::to_string(i - 1);
    edges += R"(<edge from-layer=")" + from + R"(" from-port=")" + (i == 1 ? "0" : "1") +
             R"(" to-layer=")" + id + R"(" to-port="0"/>)";
    edges += R"(<edge from-layer=")" + id + R"(" from-port="1" to-layer=")" + result +
             R"(" to-port="0"/>)";
  }
  return R"(<?xml version="1.0"?><net name="relu" version="11"><layers>)" + layers +
         "</layers><edges>" + edges + "</edges></net>";
}

// f32 x of this shape, and one ReLU whose output feeds two results.
std::string ReluWithTwoResults(const std::string& shape) {
  std::string model = ReluChain(shape, 1);
  const auto add = [&](const std::string& before, const std::string& text) {
    model.insert(model.find(before), text);
  };
  add("</layers>",
      R"(<layer id="3" name="again" type="Result" version="opset1"><input><port id="0">)"
      "<dim>-1</dim><dim>3</dim></port></input></layer>");
  add("</edges>", R"(<edge from-layer="1" from-port="1" to-layer="3" to-port="0"/>)");
  return model;
}

std::shared_ptr<const Graph> LoadReluChain(const std::string& shape, int count) {
  return MustLoad(
      BytesModel(Encoding::kOpenVino, {MakeBlob(ReluChain(shape, count)), MakeBlob("")}));
}

// ReLU on a fixed and on a variable shape, which OpenVINO handles differently.
class SharedTensors : public testing::TestWithParam<const char*> {
 protected:
  static std::shared_ptr<const Graph> Load() { return LoadReluChain(GetParam(), 1); }
};

INSTANTIATE_TEST_SUITE_P(Shapes, SharedTensors, testing::Values("2,3", "?,3", "1..8,3"),
                         [](const auto& shape) {
                           if (shape.index == 0) return "Fixed";
                           return shape.index == 1 ? "Variable" : "Bounded";
                         });

const Dimensions kDims = {2, 3};

// Returns how many bytes keeping an output copies: an output of variable size is in OpenVINO's
// memory.
std::uint64_t CopiedForKeeping(std::string_view shape, std::uint64_t bytes) {
  return shape.contains("?") || shape.contains("..") ? bytes : 0;
}

TEST_P(SharedTensors, AreTheRequestsOwn) {
  auto context = Load()->NewContext(Placement::Host()).value();
  const std::vector<float> values = {-1, 2, -3, 4, -5, 6};
  const SharedTensor input = Share(kDims, values);
  std::optional<SharedTensor> output;
  const std::byte* viewed = nullptr;
  EXPECT_EQ(BytesCopiedBy([&] {
              output = Compute(*context, input);
              viewed = context->Output(0).value().data.data();
            }),
            CopiedForKeeping(GetParam(), 24));
  EXPECT_EQ(output->bytes.get() == viewed, CopiedForKeeping(GetParam(), 24) == 0);
  EXPECT_EQ(output->dims, kDims);
  EXPECT_EQ(Floats(output->view()), Positive(values));
  // No operation has worked in place, either.
  EXPECT_EQ(Floats(input.view()), values);
}

TEST_P(SharedTensors, AnInputThatIsSetIsCopiedOnce) {
  auto context = Load()->NewContext(Placement::Host()).value();
  const std::vector<float> values = {-1, 2, -3, 4, -5, 6};
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(BytesCopiedBy([&] {
                EXPECT_TRUE(context->SetInput(0, View(ElementType::kF32, kDims, values)));
              }),
              24U);
    EXPECT_EQ(BytesCopiedBy([&] {
                EXPECT_TRUE(context->Compute(Deadline::Never()));
                EXPECT_EQ(Floats(context->ShareOutput(0).value().view()), Positive(values));
              }),
              CopiedForKeeping(GetParam(), 24));
  }
}

TEST_P(SharedTensors, AKeptOutputStaysAsItIs) {
  auto context = Load()->NewContext(Placement::Host()).value();
  std::vector<SharedTensor> kept;
  std::vector<std::vector<float>> expected;
  for (std::uint32_t i = 0; i < 5; ++i) {
    const std::vector<float> values = Numbers(i).Floats(6);
    kept.push_back(Compute(*context, Share(kDims, values)));
    expected.push_back(Positive(values));
  }
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(Floats(kept[i].view()), expected[i]) << i;
  }
}

TEST_P(SharedTensors, TheMemoryOfAnOutputIsUsedAgainWhereNobodyHoldsIt) {
  auto context = Load()->NewContext(Placement::Host()).value();
  const SharedTensor input = Share(kDims, {1, 2, 3, 4, 5, 6});
  SharedTensor first = Compute(*context, input);
  const SharedTensor second = Compute(*context, input);
  EXPECT_NE(first.bytes.get(), second.bytes.get());
  SharedTensor third = Compute(*context, input);
  const std::byte* const address = third.bytes.get();
  third = {};
  const SharedTensor fourth = Compute(*context, input);
  const bool is_ours = CopiedForKeeping(GetParam(), 24) == 0;
  EXPECT_TRUE(!is_ours || fourth.bytes.get() == address);
}

TEST_P(SharedTensors, AKeptOutputOutlivesItsContextItsGraphAndTheBackend) {
  std::optional<SharedTensor> kept;
  {
    const auto backend = NewOpenVinoBackend();
    const auto graph = backend
                           ->Load(BytesModel(Encoding::kOpenVino,
                                             {MakeBlob(ReluChain(GetParam(), 1)), MakeBlob("")}),
                                  {}, Deadline::Never())
                           .value();
    auto context = graph->NewContext(Placement::Host()).value();
    kept = Compute(*context, Share(kDims, {-1, 2, -3, 4, -5, 6}));
  }
  EXPECT_EQ(Floats(kept->view()), (std::vector<float>{0, 2, 0, 4, 0, 6}));
  std::thread([last = std::move(kept)]() mutable { last.reset(); }).join();
}

TEST_P(SharedTensors, AnInputSetAfterASharedOneLeavesTheSharedBytes) {
  auto context = Load()->NewContext(Placement::Host()).value();
  const std::vector<float> first = {1, 2, 3, 4, 5, 6};
  const std::vector<float> second = {7, 8, 9, 10, 11, 12};
  for (int i = 0; i < 2; ++i) {
    SharedTensor shared = Share(kDims, first);
    const std::weak_ptr<const std::byte> bytes = shared.bytes;
    EXPECT_EQ(Floats(Compute(*context, shared).view()), first);
    ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, kDims, second)));
    ASSERT_TRUE(context->Compute(Deadline::Never()));
    EXPECT_EQ(Floats(context->Output(0).value()), second);
    EXPECT_EQ(Floats(shared.view()), first);
    shared = {};
    EXPECT_TRUE(bytes.expired());
  }
}

TEST_P(SharedTensors, AnInputIsHeldWhileItIsSet) {
  auto context = Load()->NewContext(Placement::Host()).value();
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const std::weak_ptr<const std::byte> bytes = [&] {
    const SharedTensor input = Share(kDims, values);
    EXPECT_TRUE(context->ShareInput(0, input));
    return std::weak_ptr(input.bytes);
  }();
  EXPECT_FALSE(bytes.expired());
  ASSERT_TRUE(context->Compute(Deadline::Never()));
  EXPECT_EQ(Floats(context->Output(0).value()), values);
  context.reset();
  EXPECT_TRUE(bytes.expired());
}

TEST_P(SharedTensors, AnOutputMayBeTheNextInputAlsoOfItsOwnContext) {
  auto context = Load()->NewContext(Placement::Host()).value();
  auto other = Load()->NewContext(Placement::Host()).value();
  const std::vector<float> expected = {0, 2, 0, 4, 0, 6};
  SharedTensor tensor = Share(kDims, {-1, 2, -3, 4, -5, 6});
  EXPECT_EQ(BytesCopiedBy([&] {
              for (int i = 0; i < 4; ++i) tensor = Compute(i % 3 == 0 ? *other : *context, tensor);
            }),
            4 * CopiedForKeeping(GetParam(), 24));
  EXPECT_EQ(Floats(tensor.view()), expected);
}

// A graph's contexts take turns with the same compiled form.
TEST_P(SharedTensors, AreLeftAloneByOtherContextsOfTheGraph) {
  const auto graph = Load();
  auto context = graph->NewContext(Placement::Host()).value();
  auto copying = graph->NewContext(Placement::Host()).value();
  auto sharing = graph->NewContext(Placement::Host()).value();
  const std::vector<float> values = {-1, 2, -3, 4, -5, 6};
  const std::vector<float> others = {7, 8, 9, 10, 11, 12};
  const SharedTensor input = Share(kDims, values);
  const SharedTensor kept = Compute(*context, input);
  ASSERT_TRUE(copying->SetInput(0, View(ElementType::kF32, kDims, others)));
  ASSERT_TRUE(copying->Compute(Deadline::Never()));
  EXPECT_EQ(Floats(copying->Output(0).value()), others);
  EXPECT_EQ(Floats(Compute(*sharing, Share(kDims, others)).view()), others);
  EXPECT_EQ(Floats(input.view()), values);
  EXPECT_EQ(Floats(kept.view()), Positive(values));
}

TEST_P(SharedTensors, AreRefusedAsInputsThatAreSet) {
  auto context = Load()->NewContext(Placement::Host()).value();
  SharedTensor short_of_bytes = Share({1, 3}, {1, 2, 3});
  short_of_bytes.dims = {2, 3};
  for (const auto& [index, tensor] :
       {std::pair<std::size_t, SharedTensor>(1, Share(kDims, {1, 2, 3, 4, 5, 6})),
        {0, short_of_bytes},
        {0, SharedTensor{}}}) {
    const auto set = context->SetInput(index, tensor.view());
    const auto shared = context->ShareInput(index, tensor);
    ASSERT_FALSE(set);
    ASSERT_FALSE(shared);
    EXPECT_EQ(shared.error().code(), set.error().code());
    EXPECT_EQ(shared.error().message(), set.error().message());
  }
}

TEST(SharedTensorsOfVariableShape, MayChangeItWhileEarlierOutputsAreHeld) {
  auto context = LoadReluChain("?,3", 1)->NewContext(Placement::Host()).value();
  std::vector<std::pair<SharedTensor, std::vector<float>>> kept;
  for (const std::uint64_t rows : {2U, 5U, 1U, 1U, 40U, 4U}) {
    const std::vector<float> values = Numbers(static_cast<std::uint32_t>(rows)).Floats(rows * 3);
    kept.emplace_back(Compute(*context, Share({rows, 3}, values)), Positive(values));
    EXPECT_EQ(kept.back().first.dims, (Dimensions{rows, 3}));
    if (rows == 5) kept.pop_back();
  }
  for (const auto& [tensor, expected] : kept) EXPECT_EQ(Floats(tensor.view()), expected);
}

TEST(SharedTensorsOfSeveralOutputs, AreHeldOneByOne) {
  for (const char* shape : {"2,3", "?,3"}) {
    SCOPED_TRACE(shape);
    auto context = LoadReluChain(shape, 2)->NewContext(Placement::Host()).value();
    ASSERT_TRUE(context->ShareInput(0, Share(kDims, {-1, 2, -3, 4, -5, 6})));
    ASSERT_TRUE(context->Compute(Deadline::Never()));
    const SharedTensor kept = context->ShareOutput(1).value();
    ASSERT_TRUE(context->ShareInput(0, Share(kDims, {7, 8, 9, 10, 11, 12})));
    ASSERT_TRUE(context->Compute(Deadline::Never()));
    EXPECT_EQ(Floats(kept.view()), (std::vector<float>{0, 2, 0, 4, 0, 6}));
    for (const std::size_t output : {0U, 1U}) {
      EXPECT_EQ(Floats(context->Output(output).value()), (std::vector<float>{7, 8, 9, 10, 11, 12}));
    }
  }
}

// Whether or not the two share memory, an output that is held does not change.
TEST_P(SharedTensors, OfOneOperationsTwoOutputsAreHeldOneByOne) {
  const auto graph = MustLoad(
      BytesModel(Encoding::kOpenVino, {MakeBlob(ReluWithTwoResults(GetParam())), MakeBlob("")}));
  ASSERT_EQ(graph->outputs().size(), 2U);
  for (const std::size_t kept : {0U, 1U}) {
    auto context = graph->NewContext(Placement::Host()).value();
    const SharedTensor first = Share(kDims, {1, 2, 3, 4, 5, 6});
    Compute(*context, first);
    const SharedTensor held = context->ShareOutput(kept).value();
    Compute(*context, Share(kDims, {6, 5, 4, 3, 2, 1}));
    EXPECT_EQ(Bytes(held), Bytes(first)) << kept;
    EXPECT_EQ(Bytes(context->ShareOutput(0).value()), Bytes(context->ShareOutput(1).value()));
  }
}

TEST(SharedScalars, AreGivenWithOrWithoutADimension) {
  auto context = MustLoad(FileModel(Encoding::kOnnx, {TinyModel("scalar.onnx")}))
                     ->NewContext(Placement::Host())
                     .value();
  EXPECT_EQ(Floats(Compute(*context, Share({}, {2.5})).view()), std::vector<float>{-2.5});
  EXPECT_EQ(Floats(Compute(*context, Share({1}, {3.5})).view()), std::vector<float>{-3.5});
}

TEST(SharedBytes, OfOddAlignmentAreCopiedOnce) {
  auto context = LoadReluChain("2,3", 1)->NewContext(Placement::Host()).value();
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const auto buffer = std::make_shared<std::vector<std::byte>>(25);
  std::memcpy(buffer->data() + 1, values.data(), 24);
  const SharedTensor odd = {
      .type = ElementType::kF32, .dims = kDims, .bytes = {buffer, buffer->data() + 1}, .size = 24};
  EXPECT_EQ(BytesCopiedBy([&] { EXPECT_TRUE(context->ShareInput(0, odd)); }), 24U);
  ASSERT_TRUE(context->Compute(Deadline::Never()));
  EXPECT_EQ(Floats(context->Output(0).value()), values);
}

// Models with an input f32 x of this shape, whose outputs share memory with inputs or each other if
// OpenVINO can arrange it.
struct Aliased {
  std::string name;
  // Each output as a function of x.
  std::vector<std::string> outputs;
};

// x itself, ReLU of x, and either of them with swapped dimensions, one of which is 1, so that no
// bytes move.
std::string AliasedModel(const Aliased& aliased, const std::string& shape) {
  const std::string any = "<dim>-1</dim><dim>3</dim>";
  const auto port = [](int id, const std::string& dims) {
    return "<port id=\"" + std::to_string(id) + "\" precision=\"FP32\">" + dims + "</port>";
  };
  const auto layer = [](int id, const std::string& type, const std::string& content) {
    return "<layer id=\"" + std::to_string(id) + "\" name=\"n" + std::to_string(id) + "\" type=\"" +
           type + "\" version=\"opset1\">" + content + "</layer>";
  };
  std::string edges;
  const auto edge = [&](int from, int from_port, int to, int to_port) {
    edges += "<edge from-layer=\"" + std::to_string(from) + "\" from-port=\"" +
             std::to_string(from_port) + "\" to-layer=\"" + std::to_string(to) + "\" to-port=\"" +
             std::to_string(to_port) + "\"/>";
  };
  std::string layers =
      layer(0, "Parameter",
            "<data shape=\"" + shape + "\" element_type=\"f32\"/><output>" + port(0, any) +
                "</output>") +
      layer(1, "ReLU", "<input>" + port(0, any) + "</input><output>" + port(1, any) + "</output>") +
      layer(2, "Const",
            "<data element_type=\"i64\" shape=\"1\" offset=\"0\" size=\"8\"/><output>"
            "<port id=\"0\" precision=\"I64\"><dim>1</dim></port></output>");
  edge(0, 0, 1, 0);
  int next = 3;
  for (const std::string& output : aliased.outputs) {
    int from = output.ends_with("relu") ? 1 : 0;
    int from_port = from;
    if (output.starts_with("flat ")) {
      layers += layer(next, "Reshape",
                      "<data special_zero=\"false\"/><input>" + port(0, any) +
                          "<port id=\"1\" precision=\"I64\"><dim>1</dim></port></input><output>" +
                          port(2, "<dim>-1</dim>") + "</output>");
      edge(from, from_port, next, 0);
      edge(2, 0, next, 1);
      from = next++;
      from_port = 2;
    }
    layers += layer(next, "Result", "<input>" + port(0, any) + "</input>");
    edge(from, from_port, next++, 0);
  }
  return "<?xml version=\"1.0\"?><net name=\"aliased\" version=\"11\"><layers>" + layers +
         "</layers><edges>" + edges + "</edges></net>";
}

class AliasedOutputs : public testing::TestWithParam<std::tuple<Aliased, const char*>> {
 protected:
  AliasedOutputs()
      : names_(std::get<0>(GetParam()).outputs),
        graph_(MustLoad(
            BytesModel(Encoding::kOpenVino,
                       {MakeBlob(AliasedModel(std::get<0>(GetParam()), std::get<1>(GetParam()))),
                        MakeBlob(std::string(8, '\xff'))}))) {}

  std::vector<float> ExpectedOf(std::size_t output, const std::vector<float>& input) const {
    return names_[output].ends_with("relu") ? Positive(input) : input;
  }
  void ExpectOutputs(ExecutionContext& context, const std::vector<float>& input) const {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      EXPECT_EQ(Floats(context.Output(i).value()), ExpectedOf(i, input)) << names_[i];
    }
  }

  const std::vector<std::string> names_;
  const std::shared_ptr<const Graph> graph_;
};

const std::vector<Aliased> kAliased = {{"x", {"x"}},
                                       {"TwiceX", {"x", "x"}},
                                       {"FlatX", {"flat x"}},
                                       {"XAndFlatX", {"x", "flat x"}},
                                       {"XAndRelu", {"x", "relu"}},
                                       {"ReluAndX", {"relu", "x"}},
                                       {"TwiceRelu", {"relu", "relu"}},
                                       {"ReluAndFlatRelu", {"relu", "flat relu"}},
                                       {"FlatReluTwice", {"flat relu", "flat relu"}},
                                       {"All", {"flat x", "x", "relu", "flat relu", "relu"}}};

INSTANTIATE_TEST_SUITE_P(Models, AliasedOutputs,
                         testing::Combine(testing::ValuesIn(kAliased),
                                          testing::Values("2,3", "?,3", "1..8,3")),
                         [](const auto& both) {
                           const std::string_view shape = std::get<1>(both.param);
                           return std::get<0>(both.param).name + (shape == "2,3"   ? "Fixed"
                                                                  : shape == "?,3" ? "Variable"
                                                                                   : "Bounded");
                         });

const std::vector<float> kFirst = {-1, 2, -3, 4, -5, 6};
const std::vector<float> kSecond = {7, -8, 9, -10, 11, -12};

// Each input is dropped as soon as the next one is set, before the outputs are read.
TEST_P(AliasedOutputs, AreThoseOfTheLastInferenceWhateverBecomesOfTheInputs) {
  auto context = graph_->NewContext(Placement::Host()).value();
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(context->ShareInput(0, Share(kDims, kFirst)));
    ASSERT_TRUE(context->Compute(Deadline::Never()));
    ASSERT_TRUE(context->ShareInput(0, Share(kDims, kSecond)));
    ExpectOutputs(*context, kFirst);
    ASSERT_TRUE(context->Compute(Deadline::Never()));
    ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, kDims, kFirst)));
    ExpectOutputs(*context, kSecond);
    ASSERT_TRUE(context->Compute(Deadline::Never()));
    ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, kDims, kSecond)));
    ExpectOutputs(*context, kFirst);
    ASSERT_TRUE(context->Compute(Deadline::After(std::chrono::minutes(5))));
    ExpectOutputs(*context, kSecond);
  }
}

TEST_P(AliasedOutputs, StayAsTheyAreWhileTheyAreKept) {
  std::vector<std::pair<SharedTensor, std::vector<float>>> kept;
  {
    auto context = graph_->NewContext(Placement::Host()).value();
    for (std::uint32_t round = 0; round < 6; ++round) {
      const std::vector<float> values = Numbers(round).Floats(6);
      if (round % 3 == 2) {
        ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, kDims, values)));
      } else {
        ASSERT_TRUE(context->ShareInput(0, Share(kDims, values)));
      }
      ASSERT_TRUE(context->Compute(Deadline::Never()));
      ExpectOutputs(*context, values);
      // Each round leaves out another output.
      for (std::size_t i = 0; i < names_.size(); ++i) {
        if (names_.size() > 1 && i == round % names_.size()) continue;
        kept.emplace_back(context->ShareOutput(i).value(), ExpectedOf(i, values));
      }
    }
  }
  for (const auto& [tensor, expected] : kept) EXPECT_EQ(Floats(tensor.view()), expected);
}

TEST_P(AliasedOutputs, MayBeTheNextInput) {
  auto context = graph_->NewContext(Placement::Host()).value();
  SharedTensor tensor = Share(kDims, kFirst);
  for (int round = 0; round < 4; ++round) {
    ASSERT_TRUE(context->ShareInput(0, tensor));
    // The output that it used to be still exists.
    if (round > 0) {
      ASSERT_EQ(Bytes(context->ShareOutput(0).value()), Bytes(tensor));
    }
    ASSERT_TRUE(context->Compute(Deadline::Never()));
    SharedTensor next = context->ShareOutput(0).value();
    next.dims = kDims;
    EXPECT_EQ(Floats(next.view()), ExpectedOf(0, kFirst));
    tensor = std::move(next);
  }
}

class EverySharedType : public testing::TestWithParam<ElementType> {};

TEST_P(EverySharedType, GoesInAndOutBitForBit) {
  const ElementType type = GetParam();
  auto context =
      MustLoad(FileModel(Encoding::kOnnx,
                         {TinyModel("reshape_" + std::string(ElementTypeName(type)) + ".onnx")}))
          ->NewContext(Placement::Host())
          .value();
  const std::vector<std::byte> bytes = ZerosAndOnes(type);
  const Dimensions dims = {2, 1, 3};
  const SharedTensor input = CopyTensor({.type = type, .dims = dims, .data = bytes}).value();
  std::optional<SharedTensor> kept;
  EXPECT_EQ(BytesCopiedBy([&] { kept = Compute(*context, input); }), 0U);
  const std::vector<std::byte> zeros(bytes.size());
  Compute(*context, CopyTensor({.type = type, .dims = dims, .data = zeros}).value());
  EXPECT_EQ(kept->type, type);
  EXPECT_EQ(kept->dims, kDims);
  EXPECT_EQ(Bytes(*kept), bytes);
  EXPECT_EQ(Bytes(input), bytes);
}

INSTANTIATE_TEST_SUITE_P(All, EverySharedType, testing::ValuesIn(AllElementTypes()),
                         [](const auto& type) { return std::string(ElementTypeName(type.param)); });

// Its first operations are typical for photos.
TEST(SharedImages, AreClassifiedAsCopiedOnesAre) {
  const auto graph =
      MustLoad(FileModel(Encoding::kOpenVino, {ExampleModel("efficientnet-lite0.xml")}));
  auto context = graph->NewContext(Placement::Host()).value();
  const Dimensions dims = {2, 3, 224, 224};
  const std::vector<float> image = Numbers(4).Floats(2UL * 3 * 224 * 224);
  const SharedTensor input = Share(dims, image);
  std::optional<SharedTensor> kept;
  // Copies the output, since the model takes any number of photos.
  EXPECT_EQ(BytesCopiedBy([&] { kept = Compute(*context, input); }), 2U * 1000 * sizeof(float));
  const SharedTensor blank = Share(dims, std::vector<float>(image.size()));
  const SharedTensor next = Compute(*context, blank);
  ExpectClose(Floats(kept->view()), Expected("efficientnet"), 2e-3F);
  EXPECT_EQ(Floats(input.view()), image);
  EXPECT_EQ(Floats(Compute(*context, input).view()), Floats(kept->view()));
}

}  // namespace
}  // namespace namesake::openvino
