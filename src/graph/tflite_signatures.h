// The signatures of a TensorFlow Lite model, which name its subgraphs for callers.
#ifndef NAMESAKE_GRAPH_TFLITE_SIGNATURES_H_
#define NAMESAKE_GRAPH_TFLITE_SIGNATURES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace namesake::graph {

struct TfliteSignature {
  std::string key{};
  std::uint32_t subgraph = 0;  // Its index; OpenVINO only loads 0.
};

// Further signatures, and the rest of longer keys, are not read.
inline constexpr std::size_t kMaxTfliteSignatures = 64;
inline constexpr std::size_t kMaxTfliteKeyBytes = 256;

// Returns the signatures in the model's order; of a damaged flatbuffer, those that can be read.
// Never reads beyond the bytes, whatever the offsets are.
std::vector<TfliteSignature> ReadTfliteSignatures(std::span<const std::byte> model);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_TFLITE_SIGNATURES_H_
