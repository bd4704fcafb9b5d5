// Real networks, compared with what ONNX Runtime computes for the same inputs.
#include <gtest/gtest.h>

#include <map>

#include "openvino/support.h"

namespace namesake::openvino {
namespace {

constexpr std::string_view kBasicPitch = "basic_pitch/basic_pitch/saved_models/icassp_2022/";
constexpr std::size_t kPitchStride = 16;

TEST(Models, MagikaTakesIntegers) {
  const auto graph = MustLoad(
      FileModel(Encoding::kOnnx, {PackagedModel("magika/magika/models/standard_v3_3/model.onnx")}));
  ASSERT_EQ(graph->inputs().size(), 1U);
  EXPECT_EQ(graph->inputs()[0].type, ElementType::kI32);
  EXPECT_EQ(ShapeText(graph->inputs()[0]), "[?,2048]");
  auto context = graph->NewContext(Placement::Host()).value();
  const std::vector<std::uint64_t> dims = {3, 2048};
  const auto data = Numbers(1).Integers(257, 3UL * 2048);
  ASSERT_TRUE(context->SetInput(0, View(ElementType::kI32, dims, data)));
  ASSERT_TRUE(context->Compute(Deadline::Never()));
  const auto output = context->Output(0).value();
  EXPECT_EQ(Dims(output), (std::vector<std::uint64_t>{3, 214}));
  ExpectClose(Floats(output), Expected("magika"), 1e-5F);
}

TEST(Models, SileroVadKeepsItsStateOverFrames) {
  const auto graph = MustLoad(FileModel(
      Encoding::kOnnx, {PackagedModel("silero_vad/silero_vad/data/silero_vad_openvino_16k.onnx")}));
  const std::size_t input = graph->FindInput("input").value();
  const std::size_t state = graph->FindInput("state").value();
  const std::size_t chance = graph->FindOutput("output").value();
  const std::size_t next_state = graph->FindOutput("stateN").value();
  auto context = graph->NewContext(Placement::Host()).value();
  Numbers numbers(2);
  std::vector<float> values(256, 0.0F);
  std::vector<float> results;
  for (int frame = 0; frame < 20; ++frame) {
    const std::vector<std::uint64_t> frame_dims = {1, 576};
    const std::vector<std::uint64_t> state_dims = {2, 1, 128};
    const auto sound = numbers.Floats(576);
    ASSERT_TRUE(context->SetInput(input, View(ElementType::kF32, frame_dims, sound)));
    ASSERT_TRUE(context->SetInput(state, View(ElementType::kF32, state_dims, values)));
    ASSERT_TRUE(context->Compute(Deadline::Never()));
    results.push_back(Floats(context->Output(chance).value()).at(0));
    values = Floats(context->Output(next_state).value());
  }
  results.insert(results.end(), values.begin(), values.end());
  ExpectClose(results, Expected("silero_vad"), 1e-3F);
}

// The three files hold the same network, with outputs named in three ways.
void ExpectBasicPitch(const Model& model, const std::vector<std::string>& names) {
  const auto graph = MustLoad(model);
  ASSERT_EQ(graph->outputs().size(), 3U);
  const auto outputs = RunOnce(*graph, {{{1, 43844, 1}, Numbers(3).Floats(43844)}});
  const std::vector<std::string> kinds = {"contour", "note", "onset"};
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    SCOPED_TRACE(kinds[kind]);
    const auto index = graph->FindOutput(names[kind]);
    ASSERT_TRUE(index.has_value()) << names[kind];
    std::vector<float> sampled;
    for (std::size_t i = 0; i < outputs[*index].size(); i += kPitchStride) {
      sampled.push_back(outputs[*index][i]);
    }
    ExpectClose(sampled, Expected("basic_pitch_" + kinds[kind]), 1e-3F);
  }
}

const std::vector<std::string> kOnnxNames = {
    "StatefulPartitionedCall:0", "StatefulPartitionedCall:1", "StatefulPartitionedCall:2"};

TEST(Models, BasicPitchAsOnnx) {
  const Path path = PackagedModel(std::string(kBasicPitch) + "nmp.onnx");
  ExpectBasicPitch(FileModel(Encoding::kOnnx, {path}), kOnnxNames);
  ExpectBasicPitch(BytesModel(Encoding::kOnnx, {ReadBlob(path)}), kOnnxNames);
}

TEST(Models, BasicPitchAsSavedModel) {
  const Path path = PackagedModel(std::string(kBasicPitch) + "nmp");
  ExpectBasicPitch(FileModel(Encoding::kTensorFlow, {path}), {"contour", "note", "onset"});
}

TEST(Models, BasicPitchAsTensorFlowLite) {
  const Path path = PackagedModel(std::string(kBasicPitch) + "nmp.tflite");
  ExpectBasicPitch(FileModel(Encoding::kTensorFlowLite, {path}), {"contour", "note", "onset"});
  ExpectBasicPitch(BytesModel(Encoding::kTensorFlowLite, {ReadBlob(path)}), kOnnxNames);
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
