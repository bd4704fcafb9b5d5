// The real networks that the benchmarks run.
#ifndef NAMESAKE_BENCH_NETWORKS_H_
#define NAMESAKE_BENCH_NETWORKS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "namesake/model.h"
#include "namesake/tensor.h"

namespace namesake::bench {

struct Input {
  ElementType type;
  std::vector<std::uint64_t> dims;
};

struct Network {
  std::string path;
  Encoding encoding;
  std::vector<Input> inputs;
  // Whether its users have another shape each time.
  bool is_dynamic = false;
  BackendOptions options{};

  Model model() const {
    return {.encoding = encoding, .source = ModelFiles{{path}}, .options = options};
  }
};

inline Network Photo() {
  return {.path = NAMESAKE_SOURCE_DIR "/examples/models/efficientnet-lite0.onnx",
          .encoding = Encoding::kOnnx,
          .inputs = {{ElementType::kF32, {1, 3, 224, 224}}}};
}
inline Network PhotoIr() {
  Network network = Photo();
  network.path = NAMESAKE_SOURCE_DIR "/examples/models/efficientnet-lite0.xml";
  network.encoding = Encoding::kOpenVino;
  return network;
}
inline Network Magika() {
  return {.path = NAMESAKE_DEPS_DIR "/magika/magika/models/standard_v3_3/model.onnx",
          .encoding = Encoding::kOnnx,
          .inputs = {{ElementType::kI32, {1, 2048}}}};
}
// One network in three formats, with three outputs.
inline Network Pitch(Encoding encoding) {
  const std::string folder = NAMESAKE_DEPS_DIR "/basic_pitch/basic_pitch/saved_models/icassp_2022/";
  const char* const name = encoding == Encoding::kOnnx             ? "nmp.onnx"
                           : encoding == Encoding::kTensorFlowLite ? "nmp.tflite"
                                                                   : "nmp";
  return {
      .path = folder + name, .encoding = encoding, .inputs = {{ElementType::kF32, {1, 43844, 1}}}};
}
// One step: a frame of sound, and the state of the step before.
inline Network Silero() {
  return {.path = NAMESAKE_DEPS_DIR "/silero_vad/silero_vad/data/silero_vad_openvino_16k.onnx",
          .encoding = Encoding::kOnnx,
          .inputs = {{ElementType::kF32, {1, 576}}, {ElementType::kF32, {2, 1, 128}}}};
}
// Quantized.
inline Network SmartTurn() {
  return {.path = NAMESAKE_DEPS_DIR
          "/pipecat_ai/pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx",
          .encoding = Encoding::kOnnx,
          .inputs = {{ElementType::kF32, {1, 80, 800}}}};
}
// Finds text in an image of one line, and reads one.
inline Network Detection() {
  return {.path = NAMESAKE_DEPS_DIR "/rapidocr/rapidocr/models/PP-OCRv6_det_small.onnx",
          .encoding = Encoding::kOnnx,
          .inputs = {{ElementType::kF32, {1, 3, 128, 512}}},
          .is_dynamic = true};
}
inline Network Recognition() {
  return {.path = NAMESAKE_DEPS_DIR "/rapidocr/rapidocr/models/PP-OCRv6_rec_small.onnx",
          .encoding = Encoding::kOnnx,
          .inputs = {{ElementType::kF32, {1, 3, 48, 320}}},
          .is_dynamic = true};
}

}  // namespace namesake::bench

#endif  // NAMESAKE_BENCH_NETWORKS_H_
