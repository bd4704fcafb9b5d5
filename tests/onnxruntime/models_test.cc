// Real networks, compared with what ONNX Runtime's own Python package computes for the same inputs.
#include <gtest/gtest.h>

#include "onnxruntime/support.h"
#include "support/backend_cases.h"

namespace namesake::onnxruntime {
namespace {

TEST(OnnxRuntimeModels, MagikaTakesIntegers) {
  const auto graph =
      MustLoad(OnnxFile(PackagedModel("magika/magika/models/standard_v3_3/model.onnx")));
  test::ExpectMagika(*graph, 1e-5F);
}

TEST(OnnxRuntimeModels, SileroVadKeepsItsStateOverFrames) {
  const auto graph =
      MustLoad(OnnxFile(PackagedModel("silero_vad/silero_vad/data/silero_vad_openvino_16k.onnx")));
  test::ExpectSileroVad(*graph, 1e-5F);
}

TEST(OnnxRuntimeModels, BasicPitch) {
  const Path path = PackagedModel("basic_pitch/basic_pitch/saved_models/icassp_2022/nmp.onnx");
  for (const Model& model : {OnnxFile(path), BytesModel(Encoding::kOnnx, {ReadBlob(path)})}) {
    test::ExpectBasicPitch(*MustLoad(model), test::kBasicPitchOnnxOutputs, 1e-4F);
  }
}

TEST(OnnxRuntimeModels, EfficientNet) {
  const Path path = ExampleModel("efficientnet-lite0.onnx");
  const auto input = Numbers(4).Floats(2UL * 3 * 224 * 224);
  for (const Model& model : {OnnxFile(path), BytesModel(Encoding::kOnnx, {ReadBlob(path)}),
                             OnnxFile(path, {{"threads", "1"}})}) {
    const auto graph = MustLoad(model);
    EXPECT_EQ(graph->model_bytes(), std::filesystem::file_size(path));
    EXPECT_EQ(graph->encoding(), Encoding::kOnnx);
    EXPECT_EQ(graph->inputs()[0].name, "input");
    EXPECT_EQ(graph->outputs()[0].name, "logits");
    EXPECT_EQ(ShapeText(graph->inputs()[0]), "[?,3,224,224]");
    ExpectClose(RunOnce(*graph, {{{2, 3, 224, 224}, input}}).at(0), Expected("efficientnet"),
                2e-4F);
  }
}

TEST(OnnxRuntimeModels, LocalFunctions) {
  const auto graph = MustLoadTiny("local_function.onnx");
  EXPECT_EQ(RunOnce(*graph, {{{4}, {1, 2, 3, 4}}})[0], (std::vector<float>{2, 4, 6, 8}));
}

}  // namespace
}  // namespace namesake::onnxruntime
