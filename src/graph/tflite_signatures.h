// The signatures of a TensorFlow Lite model: what callers call its subgraphs.
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
  std::uint32_t subgraph = 0;  // Its index; OpenVINO loads 0 alone.
};

// More are not read, nor more of a key than that.
inline constexpr std::size_t kMaxTfliteSignatures = 64;
inline constexpr std::size_t kMaxTfliteKeyBytes = 256;

// In the model's order; those that can be read, where the bytes are no whole flatbuffer. Nothing is
// read beyond them, whatever their offsets say.
std::vector<TfliteSignature> ReadTfliteSignatures(std::span<const std::byte> model);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_TFLITE_SIGNATURES_H_
