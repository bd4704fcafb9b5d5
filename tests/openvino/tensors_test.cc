// The types and shapes of tensors, and how their values go in and out.
#include <gtest/gtest.h>

#include <cstring>

#include "openvino/support.h"
#include "support/backend_cases.h"

namespace namesake::openvino {
namespace {

TEST(Tensors, BoolsAreBytes) {
  test::ExpectBoolsAreBytes(*MustLoad(FileModel(Encoding::kOnnx, {TinyModel("not.onnx")})));
}

TEST(Tensors, AnExtentOfZeroIsComputed) {
  const auto graph = MustLoad(FileModel(Encoding::kOnnx, {TinyModel("dynamic.onnx")}));
  test::ExpectAnExtentOfZeroIsComputed(*graph);
}

TEST(Tensors, InputsAndOutputsAreInTheModelsOrder) {
  const auto graph = MustLoad(FileModel(Encoding::kOnnx, {TinyModel("two_in_two_out.onnx")}));
  test::ExpectTheModelsOrder(*graph);
}

TEST(Tensors, AllNamesOfATensorFindIt) {
  const auto graph = MustLoad(FileModel(Encoding::kOpenVino, {TinyModel("aliased.xml")}));
  EXPECT_EQ(graph->inputs()[0].name, "alpha");
  EXPECT_EQ(graph->inputs()[0].aliases, (std::vector<std::string>{"middle", "zeta"}));
  EXPECT_EQ(graph->outputs()[0].name, "first");
  EXPECT_EQ(graph->outputs()[0].aliases, std::vector<std::string>{"second"});
  EXPECT_EQ(graph->FindInput("zeta"), 0U);
}

TEST(Tensors, ATensorMayHaveNoName) {
  const auto graph = MustLoad(FileModel(Encoding::kOpenVino, {TinyModel("nameless.xml")}));
  EXPECT_EQ(graph->inputs()[0].name, "");
  EXPECT_EQ(graph->FindInput("0"), 0U);
  EXPECT_EQ(RunOnce(*graph, {{{2, 3}, {-1, 1, -2, 2, -3, 3}}})[0],
            (std::vector<float>{0, 1, 0, 2, 0, 3}));
}

TEST(Tensors, ANameThatIsNotTextIsNone) {
  const auto graph = MustLoad(FileModel(Encoding::kOnnx, {TinyModel("odd_name.onnx")}));
  EXPECT_EQ(graph->inputs()[0].name, "");
  EXPECT_EQ(RunOnce(*graph, {{{2, 3}, {1, 2, 3, 4, 5, 6}}})[0],
            (std::vector<float>{1, 2, 3, 4, 5, 6}));
}

TEST(Tensors, AScalarIsGivenWithOrWithoutADimension) {
  const auto graph = MustLoad(FileModel(Encoding::kOnnx, {TinyModel("scalar.onnx")}));
  EXPECT_EQ(ShapeText(graph->inputs()[0]), "[]");
  EXPECT_EQ(RunOnce(*graph, {{{}, {2.5}}})[0], std::vector<float>{-2.5});
  EXPECT_EQ(RunOnce(*graph, {{{1}, {2.5}}})[0], std::vector<float>{-2.5});
}

TEST(Tensors, AVariableShapeMayChangeBetweenComputes) {
  const auto graph = MustLoad(FileModel(Encoding::kOnnx, {TinyModel("dynamic.onnx")}));
  auto context = graph->NewContext(Placement::Host()).value();
  for (const std::uint64_t rows : {2U, 5U, 1U, 1U, 4U}) {
    const std::vector<std::uint64_t> dims = {rows, 3};
    const auto data = Numbers(static_cast<std::uint32_t>(rows)).Floats(rows * 3);
    ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, dims, data)));
    ASSERT_TRUE(context->Compute(Deadline::Never()));
    const auto output = context->Output(0).value();
    EXPECT_EQ(Dims(output), dims);
    auto expected = data;
    for (float& value : expected) value = std::max(value, 0.0F);
    EXPECT_EQ(Floats(output), expected);
  }
}

TEST(Tensors, BoundsOfADimensionAreKept) {
  const auto graph = MustLoad(FileModel(Encoding::kOpenVino, {TinyModel("bounded.xml")}));
  const auto& shape = graph->inputs()[0].shape.value();
  EXPECT_EQ(shape[0], (Dim{.min = 1, .max = 8}));
  EXPECT_EQ(shape[1], Dim::Fixed(3));
  auto context = graph->NewContext(Placement::Host()).value();
  const std::vector<std::uint64_t> too_many = {9, 3};
  const std::vector<float> data(27, 1.0F);
  const auto refused = context->SetInput(0, View(ElementType::kF32, too_many, data));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
}

TEST(Tensors, AFrontendsLargestIntegerIsNoBound) {
  // OpenVINO reports the output as [..2147483647,172,88].
  const auto graph = MustLoad(
      FileModel(Encoding::kOnnx,
                {PackagedModel("basic_pitch/basic_pitch/saved_models/icassp_2022/nmp.onnx")}));
  const std::size_t note = graph->FindOutput("StatefulPartitionedCall:1").value();
  EXPECT_EQ(ShapeText(graph->outputs()[note]), "[?,172,88]");
}

// AddressSanitizer ends the process when memory is short.
#if !defined(NAMESAKE_TEST_ADDRESS_SANITIZER)
TEST(Tensors, ARefusedTensorLeavesTheEarlierOne) {
  const auto graph = MustLoad(FileModel(Encoding::kOnnx, {TinyModel("dynamic.onnx")}));
  auto context = graph->NewContext(Placement::Host()).value();
  const std::vector<std::uint64_t> dims = {2, 3};
  const std::vector<float> data = {1, 2, 3, 4, 5, 6};
  ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, dims, data)));
  // More memory than any machine has. The bytes are never read: there is no memory to copy them to.
  const std::vector<std::uint64_t> huge = {1UL << 50, 3};
  const TensorView view = {.type = ElementType::kF32,
                           .dims = huge,
                           .data = {std::as_bytes(std::span(data)).data(), 3UL << 52}};
  const auto refused = context->SetInput(0, view);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "OpenVINO can't set input 0: out of memory");
  ASSERT_TRUE(context->Compute(Deadline::Never()));
  EXPECT_EQ(Floats(context->Output(0).value()), data);
}
#endif

TEST(Tensors, TheSourceNeedsNoAlignment) {
  const std::vector<float> data = {1, 2, 3, 4, 5, 6};
  std::vector<std::byte> shifted(data.size() * sizeof(float) + 1);
  std::memcpy(shifted.data() + 1, data.data(), shifted.size() - 1);
  const std::vector<std::uint64_t> dims = {2, 3};
  for (const char* name : {"same.onnx", "dynamic.onnx"}) {
    auto context = MustLoad(FileModel(Encoding::kOnnx, {TinyModel(name)}))
                       ->NewContext(Placement::Host())
                       .value();
    const std::span bytes = std::span<const std::byte>(shifted).subspan(1);
    ASSERT_TRUE(context->SetInput(0, {.type = ElementType::kF32, .dims = dims, .data = bytes}));
    ASSERT_TRUE(context->Compute(Deadline::Never()));
    EXPECT_EQ(Floats(context->Output(0).value()), data);
  }
}

// This also holds for a model whose output is its input.
TEST(Tensors, AnOutputStaysWhenTheNextInputIsSet) {
  const std::vector<std::uint64_t> dims = {2, 3};
  const std::vector<float> first = {1, 2, 3, 4, 5, 6};
  const std::vector<float> second(6, 9);
  for (const char* name : {"same.onnx", "reshape_f32.onnx", "dynamic.onnx"}) {
    SCOPED_TRACE(name);
    const auto graph = MustLoad(FileModel(Encoding::kOnnx, {TinyModel(name)}));
    auto context = graph->NewContext(Placement::Host()).value();
    const std::vector<std::uint64_t> given =
        std::string_view(name).starts_with("reshape") ? std::vector<std::uint64_t>{2, 1, 3} : dims;
    ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, given, first)));
    ASSERT_TRUE(context->Compute(Deadline::Never()));
    ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, given, second)));
    EXPECT_EQ(Floats(context->Output(0).value()), first);
    ASSERT_TRUE(context->Compute(Deadline::Never()));
    EXPECT_EQ(Floats(context->Output(0).value()), second);
  }
}

TEST(Tensors, OldIntermediateRepresentationTakesF32ForF16) {
  const auto graph = MustLoad(FileModel(Encoding::kOpenVino, {TinyModel("version10.xml")}));
  EXPECT_EQ(graph->inputs()[0].type, ElementType::kF32);
  EXPECT_EQ(graph->outputs()[0].type, ElementType::kF32);
}

TEST(Tensors, TypesThatNoGuestKnowsAreRefusedAtLoad) {
  const Error text = LoadError(FileModel(Encoding::kOnnx, {TinyModel("text.onnx")}));
  EXPECT_EQ(text.code(), ErrorCode::kUnsupported);
  EXPECT_EQ(text.detail(),
            TinyModel("text.onnx").string() +
                ": input 0 (\"words\") of the model has the element type string, which no guest "
                "can give or take");
  const Error bits = LoadError(FileModel(Encoding::kOpenVino, {TinyModel("four_bits.xml")}));
  EXPECT_EQ(bits.code(), ErrorCode::kUnsupported);
  EXPECT_TRUE(bits.message().contains("element type u4")) << bits.message();
}

}  // namespace
}  // namespace namesake::openvino
