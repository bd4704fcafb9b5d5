// Errors of loads and inferences, word for word.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "onnxruntime/support.h"

namespace namesake::onnxruntime {
namespace {

Error RefusalOf(std::string_view name) { return LoadError(OnnxFile(TinyModel(name))); }

TEST(OnnxRuntimeErrors, NameTheTensorThatNoGuestCanGive) {
  const Error text = RefusalOf("text.onnx");
  EXPECT_EQ(text.code(), ErrorCode::kUnsupported);
  EXPECT_EQ(text.message(),
            "the model: its input \"words\" is a tensor of strings, which no guest can give or "
            "take; export the model with numeric tensors only");
  const Error eight_bits = RefusalOf("eight_bits.onnx");
  EXPECT_EQ(eight_bits.code(), ErrorCode::kUnsupported);
  EXPECT_EQ(eight_bits.message(),
            "the model: output 0 (\"y\") of the model has elements of another type than numbers of "
            "8 to 64 bits, which no guest can give or take");
}

TEST(OnnxRuntimeErrors, NameTheOperationThatCannotBeLoaded) {
  const Error unknown = RefusalOf("unknown_operation.onnx");
  EXPECT_EQ(unknown.code(), ErrorCode::kRuntimeError);
  EXPECT_EQ(unknown.message(),
            "ONNX Runtime can't load the model: it does not know the operation pkg.x:Foo");
  EXPECT_EQ(unknown.detail(),
            "ONNX Runtime can't load " + TinyModel("unknown_operation.onnx").string() +
                ": it does not know the operation pkg.x:Foo: Fatal error: pkg.x:Foo(-1) is not a "
                "registered function/op");
  EXPECT_EQ(RefusalOf("invalid_operation.onnx").message(),
            "ONNX Runtime can't load the model: its operation Relu (\"bad\") is not valid");
  EXPECT_EQ(RefusalOf("unimplemented.onnx").message(),
            "ONNX Runtime can't load the model: it has no implementation of the operation Add "
            "(\"adder\") for these element types");
}

TEST(OnnxRuntimeErrors, NameTheOperationThatCannotCompute) {
  const auto graph = MustLoadTiny("pick.onnx");
  const auto context = NewContext(*graph);
  const Extents four = {4};
  const Extents one = {1};
  ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, four, std::vector<float>{1, 2, 3, 4})));
  const auto pick = [&](std::int64_t index) {
    const std::vector<std::int64_t> indices = {index};
    EXPECT_TRUE(context->SetInput(1, View(ElementType::kI64, one, indices)));
    return context->Compute(Deadline::Never());
  };
  const auto beyond = pick(4);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code(), ErrorCode::kRuntimeError);
  EXPECT_EQ(beyond.error().message(),
            "ONNX Runtime can't compute: its operation Gather (\"picker\") failed");
  EXPECT_EQ(beyond.error().detail(),
            "ONNX Runtime can't compute: its operation Gather (\"picker\") failed: indices element "
            "out of data bounds, idx=4 must be within the inclusive range [-4,3]");
  EXPECT_FALSE(context->Output(0));
  ASSERT_TRUE(pick(-1));
  EXPECT_EQ(Floats(context->Output(0).value()), std::vector<float>{4});
}

TEST(OnnxRuntimeErrors, TellThatAModelIsDamaged) {
  const Blob whole = ReadBlob(TinyModel("repeat.onnx"));
  for (std::size_t size = 1; size < whole->size(); size += 7) {
    const auto bytes = std::make_shared<const std::vector<std::byte>>(
        whole->begin(), whole->begin() + static_cast<std::ptrdiff_t>(size));
    const auto graph =
        TheBackend().Load(BytesModel(Encoding::kOnnx, {bytes}), {}, Deadline::Never());
    EXPECT_FALSE(graph) << size;
  }
}

// An engine of another execution provider, in a file that the model names.
TEST(OnnxRuntimeErrors, AnEngineOfAnotherDeviceIsRefused) {
  EXPECT_EQ(RefusalOf("engine.onnx").code(), ErrorCode::kRuntimeError);
}

// A start of ONNX Runtime's with telemetry leaves a database there.
TEST(OnnxRuntimeErrors, NothingIsWrittenForItsMaker) {
  const ScratchDirectory home;
  for (const char* const name : {"HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"}) {
    ::setenv(name, home.path().c_str(), 1);
  }
  MustLoad(OnnxFile(ExampleModel("efficientnet-lite0.onnx")));
  EXPECT_TRUE(std::filesystem::is_empty(home.path()));
}

// Options within a model, which ONNX Runtime heeds if its environment says so.
TEST(OnnxRuntimeErrors, OptionsWithinAModelAreIgnored) {
  const auto graph = MustLoadTiny("configured.onnx");
  const std::vector<float> data = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(RunOnce(*graph, {{{2, 3}, data}})[0], data);
}

// ONNX Runtime's own format, which it would recognize by its first bytes.
TEST(OnnxRuntimeErrors, AnotherFormatIsNotRead) {
  const std::string bytes = std::string("\x18\0\0\0ORTM", 8) + std::string(64, '\0');
  const Error refused = LoadError(BytesModel(Encoding::kOnnx, {MakeBlob(bytes)}));
  EXPECT_NE(refused.code(), ErrorCode::kInternal);
}

}  // namespace
}  // namespace namesake::onnxruntime
