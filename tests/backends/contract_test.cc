// The contract that holds for every backend, whatever its capabilities.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <latch>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "backends/suite.h"

namespace namesake::backends {
namespace {

class Contract : public Suite {
 protected:
  void SetUp() override {
    graph_ = LoadFor(Purpose::kPlain);
    ASSERT_NE(graph_, nullptr);
  }

  std::vector<float> Infer(ExecutionContext& context, float factor = 1) {
    std::vector<float> input = sample_.input;
    for (float& value : input) value *= factor;
    EXPECT_THAT(context.SetInput(0, F32(sample_.dims, input)), IsOk());
    EXPECT_THAT(context.Compute(Deadline::Never()), IsOk());
    return Floats(context);
  }

  const Sample sample_ = PlainSample(subject());
  std::shared_ptr<const Graph> graph_;
};

TEST_P(Contract, AGraphDescribesItself) {
  EXPECT_EQ(graph_->encoding(), subject().encoding);
  EXPECT_GT(graph_->model_bytes(), 0U);
  EXPECT_EQ(graph_->model_bytes(),
            backend().Measure(*ModelFor(subject(), Purpose::kPlain)).value_or(0));
  ASSERT_EQ(graph_->inputs().size(), 1U);
  ASSERT_EQ(graph_->outputs().size(), 1U);
  EXPECT_EQ(graph_->inputs()[0].type, ElementType::kF32);
  EXPECT_EQ(graph_->outputs()[0].type, ElementType::kF32);
  EXPECT_EQ(graph_->FindInput("0"), 0U);
  EXPECT_EQ(graph_->FindInput(graph_->inputs()[0].name), 0U);
  EXPECT_EQ(graph_->FindOutput(graph_->outputs()[0].name), 0U);
  EXPECT_EQ(graph_->FindInput("no such name"), std::nullopt);
  EXPECT_EQ(graph_->FindOutput("1"), std::nullopt);
}

TEST_P(Contract, InferencesAreRight) {
  const auto context = NewContext(*graph_);
  EXPECT_EQ(Infer(*context), sample_.output);
  EXPECT_EQ(Infer(*context), sample_.output);
}

TEST_P(Contract, AnInputStaysSet) {
  const auto context = NewContext(*graph_);
  EXPECT_EQ(Infer(*context), sample_.output);
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  EXPECT_EQ(Floats(*context), sample_.output);
}

// Whether they are copied or shared. What is refused changes nothing.
TEST_P(Contract, WrongInputsAreRefused) {
  const auto context = NewContext(*graph_);
  const auto refused = [&](const TensorView& tensor, std::size_t index = 0) {
    const auto set = context->SetInput(index, tensor);
    EXPECT_THAT(set, Fails(ErrorCode::kInvalidArgument, testing::Not("")));
    const auto shared = context->ShareInput(
        index, {.type = tensor.type,
                .dims = {tensor.dims.begin(), tensor.dims.end()},
                .bytes = {std::shared_ptr<const std::byte>(), tensor.data.data()},
                .size = tensor.data.size()});
    EXPECT_EQ(shared, set);
    return set ? "" : set.error().message();
  };
  const std::string label = TensorLabel("input", 0, graph_->inputs()[0]) + " expects f32 ";
  const auto wrong_shape = [&](const Dims& dims) {
    const std::vector<float> values(CountOf(dims), 1);
    EXPECT_THAT(refused(F32(dims, values)),
                testing::AllOf(testing::StartsWith(label), testing::EndsWith(ShapeText(dims))));
  };
  Dims dims = sample_.dims;
  dims.push_back(1);
  wrong_shape(dims);
  wrong_shape({sample_.input.size()});
  wrong_shape({});
  dims = sample_.dims;
  ++dims.back();
  wrong_shape(dims);
  for (const ElementType type : AllElementTypes()) {
    if (type == ElementType::kF32) continue;
    const std::vector<std::byte> bytes(sample_.input.size() * ElementTypeSize(type));
    EXPECT_THAT(refused(ViewOf(type, sample_.dims, bytes)),
                testing::HasSubstr(" got " + std::string(ElementTypeName(type))));
  }
  for (const std::size_t size :
       {std::size_t{0}, sample_.input.size() - 1, sample_.input.size() + 1}) {
    const std::vector<float> values(size, 1);
    EXPECT_THAT(refused(F32(sample_.dims, values)),
                testing::HasSubstr(std::to_string(size * sizeof(float)) + " bytes"));
  }
  EXPECT_THAT(refused(F32(sample_.dims, sample_.input), 1), testing::HasSubstr("input 1"));
  EXPECT_THAT(context->Compute(Deadline::Never()),
              Fails(ErrorCode::kInvalidArgument,
                    TensorLabel("input", 0, graph_->inputs()[0]) + " was never set"));
  EXPECT_EQ(Infer(*context), sample_.output);
  EXPECT_FALSE(context->SetInput(0, F32({7}, {})));
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  EXPECT_EQ(Floats(*context), sample_.output);
}

TEST_P(Contract, OutputsAreThereAfterAnInferenceOnly) {
  const auto context = NewContext(*graph_);
  EXPECT_THAT(context->Output(0),
              Fails(ErrorCode::kInvalidArgument, testing::HasSubstr("no output yet")));
  Infer(*context);
  EXPECT_THAT(context->Output(1),
              Fails(ErrorCode::kInvalidArgument, "unknown output 1; the graph has 1"));
  EXPECT_FALSE(context->ShareOutput(1));
  EXPECT_EQ(Floats(*context), sample_.output);
}

TEST_P(Contract, AKeptOutputNeverChanges) {
  auto context = NewContext(*graph_);
  Infer(*context);
  const auto kept = context->ShareOutput(0);
  ASSERT_THAT(kept, IsOk());
  Infer(*context, 2);
  const auto second = context->ShareOutput(0);
  ASSERT_THAT(second, IsOk());
  EXPECT_NE(second->bytes, kept->bytes);
  context = nullptr;
  graph_ = nullptr;
  EXPECT_TRUE(std::ranges::equal(kept->view().data, std::as_bytes(std::span(sample_.output))));
}

TEST_P(Contract, AnOutputMayBeAnInput) {
  const auto context = NewContext(*graph_);
  Infer(*context);
  const auto kept = context->ShareOutput(0);
  ASSERT_THAT(kept, IsOk());
  const auto other = NewContext(*graph_);
  if (kept->dims != sample_.dims) return;
  ASSERT_THAT(other->ShareInput(0, *kept), IsOk());
  ASSERT_THAT(other->Compute(Deadline::Never()), IsOk());
  EXPECT_TRUE(std::ranges::equal(kept->view().data, std::as_bytes(std::span(sample_.output))));
}

// The sum and the difference of two inputs; the fake backend repeats each.
std::pair<std::vector<float>, std::vector<float>> OfTwo(const Subject& subject,
                                                        const std::vector<float>& left,
                                                        const std::vector<float>& right) {
  if (subject.name == "fake") return {left, right};
  std::pair<std::vector<float>, std::vector<float>> outputs;
  for (std::size_t i = 0; i < left.size(); ++i) {
    outputs.first.push_back(left[i] + right[i]);
    outputs.second.push_back(left[i] - right[i]);
  }
  return outputs;
}

TEST_P(Contract, SeveralInputsAndOutputsAreTakenByIndexAndByName) {
  const auto graph = LoadFor(Purpose::kTwo);
  ASSERT_NE(graph, nullptr);
  ASSERT_EQ(graph->inputs().size(), 2U);
  ASSERT_EQ(graph->outputs().size(), 2U);
  const bool is_fake = subject().name == "fake";
  const auto left = graph->FindInput(is_fake ? "in0" : "left");
  const auto right = graph->FindInput(is_fake ? "in1" : "right");
  const auto sum = graph->FindOutput(is_fake ? "out0" : "sum");
  const auto difference = graph->FindOutput(is_fake ? "out1" : "difference");
  ASSERT_TRUE(left && right && sum && difference);
  EXPECT_EQ(*left + *right, 1U);
  EXPECT_EQ(*sum + *difference, 1U);
  for (const auto& tensors : {graph->inputs(), graph->outputs()}) {
    EXPECT_NE(tensors[0].name, tensors[1].name);
  }
  EXPECT_EQ(graph->FindInput("1"), 1U);
  EXPECT_EQ(graph->FindOutput("1"), 1U);
  const auto context = NewContext(*graph);
  const Dims dims = {2, 2};
  for (const float factor : {1.0F, -3.0F}) {
    const std::vector<float> ones = {1 * factor, 2 * factor, 3 * factor, 4 * factor};
    const std::vector<float> tens = {10, 20, 30, 40 * factor};
    ASSERT_THAT(context->SetInput(*right, F32(dims, tens)), IsOk());
    ASSERT_THAT(context->SetInput(*left, F32(dims, ones)), IsOk());
    ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
    const auto expected = OfTwo(subject(), ones, tens);
    EXPECT_EQ(Floats(*context, *sum), expected.first);
    EXPECT_EQ(Floats(*context, *difference), expected.second);
  }
}

TEST_P(Contract, EveryInputMustBeSet) {
  const auto graph = LoadFor(Purpose::kTwo);
  for (const std::size_t set : {0U, 1U}) {
    const auto context = NewContext(*graph);
    ASSERT_THAT(context->SetInput(set, F32({2, 2}, {1, 2, 3, 4})), IsOk());
    EXPECT_THAT(context->Compute(Deadline::Never()),
                Fails(ErrorCode::kInvalidArgument,
                      TensorLabel("input", 1 - set, graph->inputs()[1 - set]) + " was never set"));
  }
}

// Each inference gives what it gives alone. There are enough of them to meet.
TEST_P(Contract, ContextsRunInParallel) {
  constexpr std::size_t kContexts = 8;
  constexpr int kRounds = 200;
  std::vector<std::vector<float>> alone(kContexts);
  for (std::size_t i = 0; i < kContexts; ++i) {
    alone[i] = Infer(*NewContext(*graph_), static_cast<float>(i + 1));
  }
  std::vector<int> right(kContexts, 0);
  std::latch begin(kContexts);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kContexts; ++i) {
      threads.emplace_back([&, i] {
        const auto context = NewContext(*graph_);
        begin.arrive_and_wait();
        for (int j = 0; j < kRounds; ++j) {
          if (Infer(*context, static_cast<float>(i + 1)) == alone[i]) ++right[i];
        }
      });
    }
  }
  EXPECT_EQ(right, std::vector(kContexts, kRounds));
}

TEST_P(Contract, UnknownEncodingsAreRefused) {
  for (int i = 0; i < kEncodingCount; ++i) {
    const auto encoding = static_cast<Encoding>(i);
    if (std::ranges::count(backend().encodings(), encoding) > 0) continue;
    Model model = *ModelFor(subject(), Purpose::kPlain);
    model.encoding = encoding;
    const auto graph = Load(model);
    ASSERT_FALSE(graph) << EncodingName(encoding);
    EXPECT_EQ(graph.error().code(), ErrorCode::kInvalidEncoding);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Contract, testing::Range<std::size_t>(0, Subjects().size()), NameOf);

}  // namespace
}  // namespace namesake::backends
