#include "support/real_models.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <numbers>
#include <optional>

namespace namesake::test {
namespace {

using Extents = std::vector<std::uint64_t>;
// What the tests turn to and from an element of f16.
using Half = _Float16;

std::unique_ptr<ExecutionContext> NewContext(const Graph& graph) {
  return graph.NewContext(Placement::Host()).value();
}

template <typename T>
void Set(ExecutionContext& context, std::size_t index, ElementType type, const Extents& dims,
         const std::vector<T>& values) {
  const auto set = context.SetInput(index, View(type, dims, values));
  ASSERT_TRUE(set) << set.error().detail();
}

void Compute(ExecutionContext& context) {
  const auto computed = context.Compute(Deadline::Never());
  ASSERT_TRUE(computed) << computed.error().detail();
}

// The output's elements as f32.
template <typename T>
std::vector<float> Values(ExecutionContext& context, std::size_t index, ElementType type) {
  const auto output = context.Output(index).value();
  EXPECT_EQ(output.type, type);
  std::vector<T> values(output.data.size() / sizeof(T));
  std::memcpy(values.data(), output.data.data(), values.size() * sizeof(T));
  return {values.begin(), values.end()};
}

std::vector<float> Floats(ExecutionContext& context, std::size_t index) {
  return Values<float>(context, index, ElementType::kF32);
}

void Append(std::vector<float>& values, const std::vector<float>& more) {
  values.insert(values.end(), more.begin(), more.end());
}

std::vector<float> RunMagika(const Graph& graph) {
  EXPECT_EQ(graph.inputs().size(), 1U);
  EXPECT_EQ(ShapeText(graph.inputs()[0]), "[?,2048]");
  const auto context = NewContext(graph);
  Set(*context, 0, ElementType::kI32, {3, 2048}, Numbers(1).Integers(257, 3UL * 2048));
  Compute(*context);
  EXPECT_EQ(Dims(context->Output(0).value()), (Extents{3, 214}));
  return Floats(*context, 0);
}

// ---- silero-vad

// Runs frames of so many samples, from a state of zeros. Returns the chance of speech in each, and
// the state after the last.
std::vector<float> RunFrames(const Graph& graph, ExecutionContext& context, Numbers& numbers,
                             int frames, std::size_t samples) {
  const std::size_t input = graph.FindInput("input").value();
  const std::size_t state = graph.FindInput("state").value();
  const std::size_t chance = graph.FindOutput("output").value();
  const std::size_t next_state = graph.FindOutput("stateN").value();
  std::vector<float> values(256, 0.0F);
  std::vector<float> results;
  for (int frame = 0; frame < frames; ++frame) {
    Set(context, input, ElementType::kF32, {1, samples}, numbers.Floats(samples));
    Set(context, state, ElementType::kF32, {2, 1, 128}, values);
    Compute(context);
    results.push_back(Floats(context, chance).at(0));
    values = Floats(context, next_state);
  }
  Append(results, values);
  return results;
}

// The same with a rate as the third input, over 10 frames.
std::vector<float> RunRate(const Graph& graph, ExecutionContext& context, Numbers& numbers,
                           std::int64_t hertz, std::size_t samples) {
  Set(context, graph.FindInput("sr").value(), ElementType::kI64, {},
      std::vector<std::int64_t>{hertz});
  return RunFrames(graph, context, numbers, 10, samples);
}

std::vector<float> RunSileroVadOfTwoRates(const Graph& graph) {
  const auto context = NewContext(graph);
  Numbers numbers(5);
  std::vector<float> results = RunRate(graph, *context, numbers, 16000, 576);
  Append(results, RunRate(graph, *context, numbers, 8000, 288));
  return results;
}

std::vector<float> RunSileroVadWithoutBranches(const Graph& graph) {
  Numbers numbers(5);
  return RunRate(graph, *NewContext(graph), numbers, 16000, 576);
}

std::vector<float> RunSileroVad(const Graph& graph) {
  Numbers numbers(2);
  return RunFrames(graph, *NewContext(graph), numbers, 20, 576);
}

// ---- basic-pitch

constexpr std::size_t kPitchSamples = 43844;

template <typename T>
std::vector<float> RunPitch(const Graph& graph, ElementType type,
                            const std::vector<std::string>& outputs) {
  // make_expected.py keeps as many.
  constexpr std::size_t kStride = 16;
  EXPECT_EQ(graph.outputs().size(), outputs.size());
  const auto context = NewContext(graph);
  const auto sound = Numbers(3).Floats(kPitchSamples);
  Set(*context, 0, type, {1, kPitchSamples, 1}, std::vector<T>(sound.begin(), sound.end()));
  Compute(*context);
  std::vector<float> results;
  for (const std::string& name : outputs) {
    const auto index = graph.FindOutput(name);
    EXPECT_TRUE(index) << name;
    const auto values = Values<T>(*context, index.value_or(0), type);
    for (std::size_t i = 0; i < values.size(); i += kStride) results.push_back(values[i]);
  }
  return results;
}

std::vector<float> RunOnnxPitch(const Graph& graph) {
  return RunBasicPitch(graph, kBasicPitchOnnxOutputs);
}
std::vector<float> RunTensorFlowPitch(const Graph& graph) {
  return RunBasicPitch(graph, kBasicPitchOutputs);
}
std::vector<float> RunHalfPitch(const Graph& graph) {
  EXPECT_EQ(graph.inputs()[0].type, ElementType::kF16);
  return RunPitch<Half>(graph, ElementType::kF16, kBasicPitchOnnxOutputs);
}

// ---- Rows of features

std::vector<float> Inputs(const std::string& name) {
  const Blob bytes = ReadBlob(Path(NAMESAKE_SOURCE_DIR) / "tests/data/inputs" / (name + ".f32"));
  std::vector<float> values(bytes->size() / sizeof(float));
  std::memcpy(values.data(), bytes->data(), values.size() * sizeof(float));
  return values;
}

std::vector<float> RunDigits(const Graph& graph) {
  constexpr std::size_t kPixels = 64;
  EXPECT_EQ(ShapeText(graph.inputs()[0]), "[?,64]");
  const auto rows = Inputs("digits");
  const auto context = NewContext(graph);
  Set(*context, 0, ElementType::kF32, {rows.size() / kPixels, kPixels}, rows);
  Compute(*context);
  return Floats(*context, 0);
}

// The label and the probabilities of each row.
std::vector<float> RunIris(const Graph& graph) {
  constexpr std::size_t kFeatures = 4;
  constexpr std::size_t kClasses = 3;
  EXPECT_EQ(ShapeText(graph.inputs()[0]), "[?,4]");
  const auto rows = Inputs("iris");
  const auto context = NewContext(graph);
  Set(*context, 0, ElementType::kF32, {rows.size() / kFeatures, kFeatures}, rows);
  Compute(*context);
  const auto labels =
      Values<std::int64_t>(*context, graph.FindOutput("label").value_or(0), ElementType::kI64);
  const auto chances = Floats(*context, graph.FindOutput("probabilities").value_or(1));
  std::vector<float> results;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    results.push_back(labels[row]);
    for (std::size_t i = 0; i < kClasses; ++i) results.push_back(chances.at(row * kClasses + i));
  }
  return results;
}

// ---- smart-turn

constexpr std::size_t kBands = 80;
constexpr std::size_t kSteps = 800;

// Bands of a spectrum over time: a tone that comes and goes.
std::vector<float> Tone() {
  std::vector<float> features;
  for (std::size_t band = 0; band < kBands; ++band) {
    for (std::size_t step = 0; step < kSteps; ++step) {
      double tone = 0;
      if (band < 60 && step >= 600) {
        const double phase = 2 * std::numbers::pi * static_cast<double>(step - 600) / 120;
        tone = 1.5 * (1 - static_cast<double>(band) / 120) * (0.5 + 0.5 * std::sin(phase));
      }
      features.push_back(static_cast<float>(tone - 0.2));
    }
  }
  return features;
}

// Whether the speaker has finished: after silence, and after the tone.
std::vector<float> RunSmartTurn(const Graph& graph) {
  std::vector<float> results;
  for (const auto& features : {std::vector<float>(kBands * kSteps, 0.0F), Tone()}) {
    Append(results, RunOnce(graph, {{{1, kBands, kSteps}, features}}).at(0));
  }
  return results;
}

std::vector<RealModel> AllRealModels() {
  const Path pitch = PackagedModel("basic_pitch/basic_pitch/saved_models/icassp_2022");
  const Path pipecat = PackagedModel("pipecat_ai/pipecat/audio");
  return {
      {"efficientnet", Encoding::kOnnx, ExampleModel("efficientnet-lite0.onnx"), RunEfficientNet,
       "efficientnet", 1e-3F},
      {"efficientnet", Encoding::kOpenVino, ExampleModel("efficientnet-lite0.xml"), RunEfficientNet,
       "efficientnet", 1e-3F},
      {"magika", Encoding::kOnnx, PackagedModel("magika/magika/models/standard_v3_3/model.onnx"),
       RunMagika, "magika", 1e-5F},
      {"silero_vad", Encoding::kOnnx,
       PackagedModel("silero_vad/silero_vad/data/silero_vad_openvino_16k.onnx"), RunSileroVad,
       "silero_vad", 1e-3F},
      {"silero_vad_of_two_rates", Encoding::kOnnx, pipecat / "vad/data/silero_vad.onnx",
       RunSileroVadOfTwoRates, "silero_vad_of_two_rates", 1e-3F},
      {"silero_vad_without_branches", Encoding::kOnnx,
       PackagedModel("silero_vad/silero_vad/data/silero_vad_op18_ifless.onnx"),
       RunSileroVadWithoutBranches, "silero_vad_without_branches", 1e-3F},
      {"basic_pitch", Encoding::kOnnx, pitch / "nmp.onnx", RunOnnxPitch, "basic_pitch", 1e-3F},
      {"basic_pitch", Encoding::kTensorFlow, pitch / "nmp", RunTensorFlowPitch, "basic_pitch",
       1e-3F},
      {"basic_pitch", Encoding::kTensorFlowLite, pitch / "nmp.tflite", RunTensorFlowPitch,
       "basic_pitch", 1e-3F},
      // It squares the spectrum and takes its logarithm, which the 11 bits of f16 make coarse.
      {"basic_pitch_f16", Encoding::kOnnx, TinyModel("basic_pitch_f16.onnx"), RunHalfPitch,
       "basic_pitch_f16", 1e-2F, "basic_pitch", 4e-2F},
      {"iris", Encoding::kOnnx, TinyModel("iris.onnx"), RunIris, "iris", 1e-5F},
      {"iris_forest", Encoding::kOnnx, TinyModel("iris_forest.onnx"), RunIris, "iris_forest",
       1e-5F},
      {"digits", Encoding::kOnnx, TinyModel("digits.onnx"), RunDigits, "digits", 1e-5F},
      {"digits_dynamic_i8", Encoding::kOnnx, TinyModel("digits_dynamic_i8.onnx"), RunDigits,
       "digits_dynamic_i8", 1e-3F, "digits", 6e-2F},
      {"digits_static_i8", Encoding::kOnnx, TinyModel("digits_static_i8.onnx"), RunDigits,
       "digits_static_i8", 1e-3F, "digits", 6e-2F},
      // Rounding to 8 bits after each of its many operations, libraries move the logit by up to
      // 0.4.
      {"smart_turn", Encoding::kOnnx, pipecat / "turn/smart_turn/data/smart-turn-v3.2-cpu.onnx",
       RunSmartTurn, "smart_turn", 5e-2F},
  };
}

}  // namespace

std::vector<float> RunEfficientNet(const Graph& graph) {
  EXPECT_EQ(graph.inputs()[0].name, "input");
  EXPECT_EQ(graph.outputs()[0].name, "logits");
  EXPECT_EQ(ShapeText(graph.inputs()[0]), "[?,3,224,224]");
  return RunOnce(graph, {{{2, 3, 224, 224}, Numbers(4).Floats(2UL * 3 * 224 * 224)}}).at(0);
}

std::vector<float> RunBasicPitch(const Graph& graph, const std::vector<std::string>& outputs) {
  return RunPitch<float>(graph, ElementType::kF32, outputs);
}

const std::vector<RealModel>& RealModels() {
  static const auto& models = *new std::vector<RealModel>(AllRealModels());
  return models;
}

}  // namespace namesake::test
