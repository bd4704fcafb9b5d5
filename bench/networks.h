// The real networks that the benchmarks run.
#ifndef NAMESAKE_BENCH_NETWORKS_H_
#define NAMESAKE_BENCH_NETWORKS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "namesake/model.h"
#include "namesake/tensor.h"

namespace namesake::bench {

// With one input.
struct Network {
  std::string path;
  Encoding encoding;
  ElementType type;
  std::vector<std::uint64_t> dims;
  BackendOptions options{};

  Model model() const {
    return {.encoding = encoding, .source = ModelFiles{{path}}, .options = options};
  }
};

inline Network Photo() {
  return {.path = NAMESAKE_SOURCE_DIR "/examples/models/efficientnet-lite0.onnx",
          .encoding = Encoding::kOnnx,
          .type = ElementType::kF32,
          .dims = {1, 3, 224, 224}};
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
          .type = ElementType::kI32,
          .dims = {1, 2048}};
}
// One network in three formats, with three outputs.
inline Network Pitch(Encoding encoding) {
  const std::string folder = NAMESAKE_DEPS_DIR "/basic_pitch/basic_pitch/saved_models/icassp_2022/";
  const char* const name = encoding == Encoding::kOnnx             ? "nmp.onnx"
                           : encoding == Encoding::kTensorFlowLite ? "nmp.tflite"
                                                                   : "nmp";
  return {.path = folder + name,
          .encoding = encoding,
          .type = ElementType::kF32,
          .dims = {1, 43844, 1}};
}

}  // namespace namesake::bench

#endif  // NAMESAKE_BENCH_NETWORKS_H_
