// Networks in every form that a model may have. tests/backends runs more of them, by their paths.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "openvino/support.h"
#include "support/real_models.h"

namespace namesake::openvino {
namespace {

TEST(Models, BasicPitchByBytes) {
  const Path folder = PackagedModel("basic_pitch/basic_pitch/saved_models/icassp_2022");
  const std::map<std::string, Model> models = {
      {"onnx", BytesModel(Encoding::kOnnx, {ReadBlob(folder / "nmp.onnx")})},
      {"tflite", BytesModel(Encoding::kTensorFlowLite, {ReadBlob(folder / "nmp.tflite")})},
  };
  for (const auto& [form, model] : models) {
    SCOPED_TRACE(form);
    ExpectClose(test::RunBasicPitch(*MustLoad(model), test::kBasicPitchOnnxOutputs),
                Expected("basic_pitch"), 1e-3F);
  }
}

// Its plugin reads memory that it has not set, and ends the process by chance.
TEST(Models, ASliceWithAxesThatVaryIsRefused) {
  const Path path = Path(NAMESAKE_SOURCE_DIR) / "tests/data/hostile/slice_axes.onnx";
  const Error error = LoadError(FileModel(Encoding::kOnnx, {path}));
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(error.message(),
              testing::MatchesRegex("the model: OpenVINO can't compile the operation \".*\", a "
                                    "Slice whose axes are not constant; ONNX Runtime may run the "
                                    "model: set backend = \"onnxruntime\""));
}

TEST(Models, FrozenTensorFlowGraph) {
  const Path path = TinyModel("frozen.pb");
  for (const Model& model : {FileModel(Encoding::kTensorFlow, {path}),
                             BytesModel(Encoding::kTensorFlow, {ReadBlob(path)})}) {
    const auto graph = MustLoad(model);
    EXPECT_EQ(graph->model_bytes(), std::filesystem::file_size(path));
    const auto outputs = RunOnce(*graph, {{{2, 3}, {1, 2, 3, -1, 0, 1}}});
    // relu(x W + b) with W = [1 -1; 2 0.5; -3 4] and b = [0.25 -0.5].
    EXPECT_EQ(outputs[0], (std::vector<float>{0, 11.5, 0, 4.5}));
  }
}

TEST(Models, EfficientNetInEveryForm) {
  const Path onnx = ExampleModel("efficientnet-lite0.onnx");
  const Path xml = ExampleModel("efficientnet-lite0.xml");
  const Path bin = ExampleModel("efficientnet-lite0.bin");
  const std::map<std::string, Model> models = {
      {"onnx by path", FileModel(Encoding::kOnnx, {onnx})},
      {"onnx by bytes", BytesModel(Encoding::kOnnx, {ReadBlob(onnx)})},
      {"xml and bin by path", FileModel(Encoding::kOpenVino, {xml, bin})},
      {"xml alone by path", FileModel(Encoding::kOpenVino, {xml})},
      {"xml and bin by bytes", BytesModel(Encoding::kOpenVino, {ReadBlob(xml), ReadBlob(bin)})},
  };
  for (const auto& [form, model] : models) {
    SCOPED_TRACE(form);
    const auto graph = MustLoad(model);
    ASSERT_EQ(graph->inputs().size(), 1U);
    ExpectClose(test::RunEfficientNet(*graph), Expected("efficientnet"), 1e-3F);
  }
}

}  // namespace
}  // namespace namesake::openvino
