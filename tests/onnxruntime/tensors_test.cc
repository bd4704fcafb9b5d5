// The types and shapes of tensors, and how their values go in and out.
#include <gtest/gtest.h>

#include <cstring>

#include "onnxruntime/support.h"
#include "support/backend_cases.h"

namespace namesake::onnxruntime {
namespace {

template <typename T>
std::vector<T> Sum(std::string_view model, ElementType type, const std::vector<T>& values) {
  const auto graph = MustLoadTiny(model);
  const auto context = NewContext(*graph);
  const Extents dims = {values.size()};
  EXPECT_TRUE(context->SetInput(0, View(type, dims, values)));
  EXPECT_TRUE(context->Compute(Deadline::Never()));
  const auto output = context->Output(0).value();
  std::vector<T> sums(values.size());
  std::memcpy(sums.data(), output.data.data(), output.data.size());
  return sums;
}

TEST(OnnxRuntimeTensors, ComputeInTheirOwnPrecision) {
  const std::int64_t wide = (std::int64_t{1} << 53) + 1;
  EXPECT_EQ(Sum<std::int64_t>("wide_integers.onnx", ElementType::kI64, {wide, -wide}),
            (std::vector<std::int64_t>{2 * wide, -2 * wide}));
  const double fine = 1 + 0x1p-40;
  EXPECT_EQ(Sum<double>("wide_floats.onnx", ElementType::kF64, {fine, -fine}),
            (std::vector<double>{2 * fine, -2 * fine}));
}

TEST(OnnxRuntimeTensors, ABoolIsAByte) { test::ExpectBoolsAreBytes(*MustLoadTiny("not.onnx")); }

TEST(OnnxRuntimeTensors, AnExtentOfZeroIsComputed) {
  test::ExpectAnExtentOfZeroIsComputed(*MustLoadTiny("dynamic.onnx"));
}

// They would put out what their memory had before, or end the process.
TEST(OnnxRuntimeTensors, OperationsThatFailOnNothingAreGivenNone) {
  const auto graph = MustLoadTiny("lstm.onnx");
  EXPECT_FALSE(graph->inputs()[0].may_be_empty);
  const auto context = NewContext(*graph);
  const Extents none = {0, 1, 3};
  const auto set = context->SetInput(0, View(ElementType::kF32, none, std::vector<float>{}));
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(MustLoadTiny("dynamic.onnx")->inputs()[0].may_be_empty);
}

// Nothing comes into an operation that has outputs, as it may within any model.
TEST(OnnxRuntimeTensors, AnOutputThatIsNotComputedHasNothingOfOthers) {
  const Extents dims = {2, 4};
  for (int i = 0; i < 2; ++i) {
    // The memory of its output is free afterwards.
    const auto others = NewContext(*MustLoadTiny("repeat.onnx"));
    const std::vector<std::int64_t> trips = {1};
    ASSERT_TRUE(
        others->SetInput(0, View(ElementType::kF32, Extents{4}, std::vector<float>{1, -2, 3, -4})));
    ASSERT_TRUE(others->SetInput(1, View(ElementType::kI64, Extents{}, trips)));
    ASSERT_TRUE(others->Compute(Deadline::Never()));
  }
  const auto context = NewContext(*MustLoadTiny("product_of_nothing.onnx"));
  const std::vector<std::uint8_t> data(8, 1);
  ASSERT_TRUE(context->SetInput(0, View(ElementType::kU8, dims, data)));
  ASSERT_TRUE(context->Compute(Deadline::Never()));
  const auto output = context->Output(0).value();
  EXPECT_EQ(std::vector<std::byte>(output.data.begin(), output.data.end()),
            std::vector<std::byte>(32));
}

TEST(OnnxRuntimeTensors, AScalarHasNoDimensionsOrOne) {
  const auto graph = MustLoadTiny("scalar.onnx");
  EXPECT_EQ(ShapeText(graph->inputs()[0]), "[]");
  const auto context = NewContext(*graph);
  for (const Extents& dims : {Extents{}, Extents{1}}) {
    ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, dims, std::vector<float>{3})));
    ASSERT_TRUE(context->Compute(Deadline::Never()));
    const auto output = context->Output(0).value();
    EXPECT_EQ(Dims(output), Extents{});
    EXPECT_EQ(Floats(output), std::vector<float>{-3});
  }
}

TEST(OnnxRuntimeTensors, ATensorWithoutAShapeHasAnyRank) {
  const auto graph = MustLoadTiny("of_any_rank.onnx");
  EXPECT_EQ(ShapeText(graph->inputs()[0]), "[...]");
  EXPECT_EQ(ShapeText(graph->outputs()[0]), "[...]");
  const auto context = NewContext(*graph);
  const std::vector<float> data = {1, 2, 3, 4, 5, 6};
  const auto reshape = [&](const Extents& from, const std::vector<std::int64_t>& to) {
    const Extents rank = {to.size()};
    EXPECT_TRUE(context->SetInput(0, View(ElementType::kF32, from, data)));
    EXPECT_TRUE(context->SetInput(1, View(ElementType::kI64, rank, to)));
    EXPECT_TRUE(context->Compute(Deadline::Never()));
    const auto output = context->Output(0).value();
    EXPECT_EQ(Floats(output), data);
    return Dims(output);
  };
  EXPECT_EQ(reshape({6}, {2, 3}), (Extents{2, 3}));
  EXPECT_EQ(reshape({3, 1, 2}, {6}), (Extents{6}));
}

TEST(OnnxRuntimeTensors, AreInTheModelsOrder) {
  test::ExpectTheModelsOrder(*MustLoadTiny("two_in_two_out.onnx"));
}

TEST(OnnxRuntimeTensors, ANameThatIsNotUtf8IsNone) {
  const auto graph = MustLoadTiny("odd_name.onnx");
  EXPECT_EQ(graph->inputs()[0].name, "");
  const std::vector<float> data = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(RunOnce(*graph, {{{2, 3}, data}})[0], data);
}

// Bytes that do not lie as their elements need it are copied.
TEST(OnnxRuntimeTensors, SharedBytesMayHaveAnyAlignment) {
  const auto graph = MustLoadTiny("dynamic.onnx");
  const auto context = NewContext(*graph);
  const std::vector<float> data = {1, -2, 3};
  const auto room = std::make_shared<std::vector<std::byte>>(sizeof(float) * 3 + 1);
  std::memcpy(room->data() + 1, data.data(), sizeof(float) * 3);
  const SharedTensor odd = {
      .dims = {1, 3}, .bytes = {room, room->data() + 1}, .size = sizeof(float) * 3};
  ASSERT_TRUE(context->ShareInput(0, odd));
  ASSERT_TRUE(context->Compute(Deadline::Never()));
  EXPECT_EQ(Floats(context->Output(0).value()), (std::vector<float>{1, 0, 3}));
}

}  // namespace
}  // namespace namesake::onnxruntime
