// Outputs that are inputs, other outputs or constants, of known and unknown size: each has memory
// of its own, which lasts and never changes.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <new>

#include "graph/tensor_copy.h"
#include "onnxruntime/support.h"

namespace namesake::onnxruntime {
namespace {

const std::vector<float> kValues = {1, -2, 3, -4};
const std::vector<float> kNegated = {-1, 2, -3, 4};
const Extents kFour = {4};

SharedTensor Share(const std::vector<float>& values) {
  const Extents dims = {values.size()};
  return CopyTensor(View(ElementType::kF32, dims, values)).value();
}

std::vector<SharedTensor> ComputeAll(ExecutionContext& context) {
  EXPECT_TRUE(context.Compute(Deadline::Never()));
  std::vector<SharedTensor> outputs;
  for (std::size_t i = 0; i < context.graph().outputs().size(); ++i) {
    outputs.push_back(context.ShareOutput(i).value());
  }
  return outputs;
}

// The second output is the negated input. States the first one, for kValues and for 9 8 7 6.
struct Beside {
  std::string_view model;
  std::vector<float> first;
  std::vector<float> second;
};

class OnnxRuntimeOutputs : public testing::TestWithParam<Beside> {};

TEST_P(OnnxRuntimeOutputs, LastAndNeverChange) {
  const Beside& beside = GetParam();
  const auto graph = MustLoadTiny(beside.model);
  const auto context = NewContext(*graph);
  ASSERT_TRUE(context->ShareInput(0, Share(kValues)));
  const auto first = ComputeAll(*context);
  EXPECT_EQ(Floats(first[1].view()), kNegated);
  EXPECT_EQ(Floats(first[0].view()), beside.first);
  const std::vector<float> other = {9, 8, 7, 6};
  ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, kFour, other)));
  const auto second = ComputeAll(*context);
  EXPECT_EQ(Floats(second[0].view()), beside.second);
  EXPECT_EQ(Floats(first[0].view()), beside.first);
  EXPECT_EQ(Floats(first[1].view()), kNegated);
  EXPECT_NE(first[0].bytes, first[1].bytes);
}

TEST_P(OnnxRuntimeOutputs, AreComputedIntoGivenMemory) {
  const Beside& beside = GetParam();
  const auto graph = MustLoadTiny(beside.model);
  const auto context = NewContext(*graph);
  const std::size_t size = kValues.size() * sizeof(float);
  std::vector<std::shared_ptr<std::byte>> places;
  for (std::size_t i = 0; i < 2; ++i) {
    places.emplace_back(new (std::align_val_t(64)) std::byte[64],
                        [](std::byte* bytes) { ::operator delete[](bytes, std::align_val_t(64)); });
    ASSERT_TRUE(context->PlaceOutput(i, places[i], size));
  }
  ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, kFour, kValues)));
  ASSERT_TRUE(context->Compute(Deadline::Never()));
  EXPECT_EQ(Floats(context->Output(0).value()), beside.first);
  if (!graph->outputs()[0].fixed()) return;
  EXPECT_EQ(context->Output(0).value().data.data(), places[0].get());
}

INSTANTIATE_TEST_SUITE_P(Beside, OnnxRuntimeOutputs,
                         testing::Values(Beside{"passed.onnx", kValues, {9, 8, 7, 6}},
                                         Beside{"passed_dynamic.onnx", kValues, {9, 8, 7, 6}},
                                         Beside{"repeated.onnx", kNegated, {-9, -8, -7, -6}},
                                         Beside{"constant.onnx", {5, 6, 7, 8}, {5, 6, 7, 8}}),
                         [](const auto& one) {
                           return std::string(one.param.model.substr(0, one.param.model.find('.')));
                         });

TEST(OnnxRuntimePasses, AModelMayComputeNothing) {
  const auto graph = MustLoadTiny("only_passed.onnx");
  EXPECT_EQ(RunOnce(*graph, {{{4}, kValues}})[0], kValues);
}

// A Loop without a trip gives its input, which is where the guest's tensor lies.
TEST(OnnxRuntimePasses, ALoopThatDoesNotRunCopiesItsInput) {
  for (const char* const model : {"repeat.onnx", "repeat_dynamic.onnx"}) {
    SCOPED_TRACE(model);
    const auto graph = MustLoadTiny(model);
    const auto context = NewContext(*graph);
    const SharedTensor input = Share(kValues);
    for (const std::int64_t trips : {0, 1, 3}) {
      SCOPED_TRACE(trips);
      ASSERT_TRUE(context->ShareInput(0, input));
      const Extents scalar;
      ASSERT_TRUE(
          context->SetInput(1, View(ElementType::kI64, scalar, std::vector<std::int64_t>{trips})));
      const auto outputs = ComputeAll(*context);
      EXPECT_EQ(Floats(outputs[0].view()), kValues);
      EXPECT_NE(outputs[0].bytes.get(), input.bytes.get());
    }
  }
}

TEST(OnnxRuntimePasses, AnOutputOfAnySizeIsKept) {
  const auto graph = MustLoadTiny("of_any_size.onnx");
  const auto context = NewContext(*graph);
  const auto indices = [&](const std::vector<float>& values) {
    EXPECT_TRUE(context->SetInput(0, View(ElementType::kF32, kFour, values)));
    return ComputeAll(*context)[0];
  };
  const auto two = indices({0, 1, 0, 1});
  const auto none = indices({0, 0, 0, 0});
  const auto all = indices({1, 1, 1, 1});
  EXPECT_EQ(two.dims, (Extents{1, 2}));
  EXPECT_EQ(none.dims, (Extents{1, 0}));
  EXPECT_EQ(all.dims, (Extents{1, 4}));
  std::vector<std::int64_t> found(2);
  std::memcpy(found.data(), two.bytes.get(), two.size);
  EXPECT_EQ(found, (std::vector<std::int64_t>{1, 3}));
}

TEST(OnnxRuntimePasses, AnOutputOfAnotherShapeThanStatedIsRefused) {
  const auto graph = MustLoadTiny("of_another_shape.onnx");
  const auto context = NewContext(*graph);
  ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, kFour, kValues)));
  const Extents two = {2};
  const auto reshape = [&](std::int64_t rows, std::int64_t columns) {
    const std::vector<std::int64_t> shape = {rows, columns};
    EXPECT_TRUE(context->SetInput(1, View(ElementType::kI64, two, shape)));
    return context->Compute(Deadline::Never());
  };
  const auto refused = reshape(2, 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kRuntimeError);
  ASSERT_TRUE(reshape(4, 1));
  EXPECT_EQ(Floats(context->Output(0).value()), kValues);
}

// In a worker inputs are mapped for reading only, and a write would end it.
TEST(OnnxRuntimePasses, InputsAreNotWritten) {
  constexpr std::size_t kPage = 4096;
  void* const page =
      ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  std::memcpy(page, kValues.data(), kValues.size() * sizeof(float));
  ASSERT_EQ(::mprotect(page, kPage, PROT_READ), 0);
  const SharedTensor input = {
      .dims = kFour,
      .bytes = std::shared_ptr<const std::byte>(
          static_cast<const std::byte*>(page),
          [](const std::byte* bytes) { ::munmap(const_cast<std::byte*>(bytes), kPage); }),
      .size = kValues.size() * sizeof(float)};
  for (const char* const model : {"passed.onnx", "repeat.onnx", "passed_dynamic.onnx"}) {
    SCOPED_TRACE(model);
    const auto graph = MustLoadTiny(model);
    const auto context = NewContext(*graph);
    ASSERT_TRUE(context->ShareInput(0, input));
    if (graph->inputs().size() > 1) {
      const Extents scalar;
      ASSERT_TRUE(
          context->SetInput(1, View(ElementType::kI64, scalar, std::vector<std::int64_t>{3})));
    }
    const auto outputs = ComputeAll(*context);
    EXPECT_EQ(Floats(outputs[0].view()), kValues);
  }
}

TEST(OnnxRuntimePasses, NothingIsCopiedThatNeedNotBe) {
  const auto graph = MustLoad(OnnxFile(TinyModel("same.onnx")));
  const auto context = NewContext(*graph);
  const Extents dims = {2, 3};
  const auto input =
      CopyTensor(View(ElementType::kF32, dims, std::vector<float>{1, 2, 3, 4, 5, 6})).value();
  const std::uint64_t before = graph::TensorBytesCopied();
  ASSERT_TRUE(context->ShareInput(0, input));
  ASSERT_TRUE(context->Compute(Deadline::Never()));
  const auto output = context->ShareOutput(0).value();
  EXPECT_EQ(graph::TensorBytesCopied() - before, 0U);
  EXPECT_EQ(Floats(output.view()), (std::vector<float>{1, 2, 3, 4, 5, 6}));
}

}  // namespace
}  // namespace namesake::onnxruntime
