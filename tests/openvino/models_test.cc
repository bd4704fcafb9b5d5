// Real networks, compared with what ONNX Runtime computes for the same inputs.
#include <gtest/gtest.h>

#include <map>

#include "openvino/support.h"
#include "support/backend_cases.h"

namespace namesake::openvino {
namespace {

constexpr std::string_view kBasicPitch = "basic_pitch/basic_pitch/saved_models/icassp_2022/";

TEST(Models, MagikaTakesIntegers) {
  const auto graph = MustLoad(
      FileModel(Encoding::kOnnx, {PackagedModel("magika/magika/models/standard_v3_3/model.onnx")}));
  test::ExpectMagika(*graph, 1e-5F);
}

TEST(Models, SileroVadKeepsItsStateOverFrames) {
  const auto graph = MustLoad(FileModel(
      Encoding::kOnnx, {PackagedModel("silero_vad/silero_vad/data/silero_vad_openvino_16k.onnx")}));
  test::ExpectSileroVad(*graph, 1e-3F);
}

// The three files hold the same network, with outputs named in three ways.
void ExpectBasicPitch(const Model& model, const std::vector<std::string>& names) {
  test::ExpectBasicPitch(*MustLoad(model), names, 1e-3F);
}

TEST(Models, BasicPitchAsOnnx) {
  const Path path = PackagedModel(std::string(kBasicPitch) + "nmp.onnx");
  ExpectBasicPitch(FileModel(Encoding::kOnnx, {path}), test::kBasicPitchOnnxOutputs);
  ExpectBasicPitch(BytesModel(Encoding::kOnnx, {ReadBlob(path)}), test::kBasicPitchOnnxOutputs);
}

TEST(Models, BasicPitchAsSavedModel) {
  const Path path = PackagedModel(std::string(kBasicPitch) + "nmp");
  ExpectBasicPitch(FileModel(Encoding::kTensorFlow, {path}), {"contour", "note", "onset"});
}

TEST(Models, BasicPitchAsTensorFlowLite) {
  const Path path = PackagedModel(std::string(kBasicPitch) + "nmp.tflite");
  ExpectBasicPitch(FileModel(Encoding::kTensorFlowLite, {path}), {"contour", "note", "onset"});
  ExpectBasicPitch(BytesModel(Encoding::kTensorFlowLite, {ReadBlob(path)}),
                   test::kBasicPitchOnnxOutputs);
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
  const auto input = Numbers(4).Floats(2UL * 3 * 224 * 224);
  for (const auto& [form, model] : models) {
    SCOPED_TRACE(form);
    const auto graph = MustLoad(model);
    ASSERT_EQ(graph->inputs().size(), 1U);
    EXPECT_EQ(graph->inputs()[0].name, "input");
    EXPECT_EQ(graph->outputs()[0].name, "logits");
    EXPECT_EQ(ShapeText(graph->inputs()[0]), "[?,3,224,224]");
    const auto outputs = RunOnce(*graph, {{{2, 3, 224, 224}, input}});
    ExpectClose(outputs.at(0), Expected("efficientnet"), 2e-3F);
  }
}

}  // namespace
}  // namespace namesake::openvino
