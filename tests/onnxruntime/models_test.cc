// Real networks, compared with what ONNX Runtime's own Python package computes for the same inputs.
#include <gtest/gtest.h>

#include "onnxruntime/support.h"

namespace namesake::onnxruntime {
namespace {

TEST(OnnxRuntimeModels, MagikaTakesIntegers) {
  const auto graph =
      MustLoad(OnnxFile(PackagedModel("magika/magika/models/standard_v3_3/model.onnx")));
  ASSERT_EQ(graph->inputs().size(), 1U);
  EXPECT_EQ(graph->inputs()[0].type, ElementType::kI32);
  EXPECT_EQ(ShapeText(graph->inputs()[0]), "[?,2048]");
  const auto context = NewContext(*graph);
  const Extents dims = {3, 2048};
  const auto data = Numbers(1).Integers(257, 3UL * 2048);
  ASSERT_TRUE(context->SetInput(0, View(ElementType::kI32, dims, data)));
  ASSERT_TRUE(context->Compute(Deadline::Never()));
  const auto output = context->Output(0).value();
  EXPECT_EQ(Dims(output), (Extents{3, 214}));
  ExpectClose(Floats(output), Expected("magika"), 1e-5F);
}

TEST(OnnxRuntimeModels, SileroVadKeepsItsStateOverFrames) {
  const auto graph =
      MustLoad(OnnxFile(PackagedModel("silero_vad/silero_vad/data/silero_vad_openvino_16k.onnx")));
  const std::size_t input = graph->FindInput("input").value();
  const std::size_t state = graph->FindInput("state").value();
  const std::size_t chance = graph->FindOutput("output").value();
  const std::size_t next_state = graph->FindOutput("stateN").value();
  const auto context = NewContext(*graph);
  Numbers numbers(2);
  std::vector<float> values(256, 0.0F);
  std::vector<float> results;
  const Extents frame_dims = {1, 576};
  const Extents state_dims = {2, 1, 128};
  for (int frame = 0; frame < 20; ++frame) {
    const auto sound = numbers.Floats(576);
    ASSERT_TRUE(context->SetInput(input, View(ElementType::kF32, frame_dims, sound)));
    ASSERT_TRUE(context->SetInput(state, View(ElementType::kF32, state_dims, values)));
    ASSERT_TRUE(context->Compute(Deadline::Never()));
    results.push_back(Floats(context->Output(chance).value()).at(0));
    values = Floats(context->Output(next_state).value());
  }
  results.insert(results.end(), values.begin(), values.end());
  ExpectClose(results, Expected("silero_vad"), 1e-5F);
}

TEST(OnnxRuntimeModels, BasicPitch) {
  constexpr std::size_t kStride = 16;
  const Path path = PackagedModel("basic_pitch/basic_pitch/saved_models/icassp_2022/nmp.onnx");
  for (const Model& model : {OnnxFile(path), BytesModel(Encoding::kOnnx, {ReadBlob(path)})}) {
    const auto graph = MustLoad(model);
    ASSERT_EQ(graph->outputs().size(), 3U);
    const auto outputs = RunOnce(*graph, {{{1, 43844, 1}, Numbers(3).Floats(43844)}});
    const std::vector<std::string> kinds = {"contour", "note", "onset"};
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
      SCOPED_TRACE(kinds[kind]);
      const auto index = graph->FindOutput("StatefulPartitionedCall:" + std::to_string(kind));
      ASSERT_TRUE(index.has_value());
      std::vector<float> sampled;
      for (std::size_t i = 0; i < outputs[*index].size(); i += kStride) {
        sampled.push_back(outputs[*index][i]);
      }
      ExpectClose(sampled, Expected("basic_pitch_" + kinds[kind]), 1e-4F);
    }
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
