// The signatures of a TensorFlow Lite model, which name its subgraphs for callers, and its tensors.
#ifndef NAMESAKE_GRAPH_TFLITE_SIGNATURES_H_
#define NAMESAKE_GRAPH_TFLITE_SIGNATURES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace namesake::graph {

struct TfliteSignature {
  std::string key{};
  std::uint32_t subgraph = 0;  // Its index. Libraries load 0.
};

// The names that a signature gives to the inputs and outputs of its subgraph, in the subgraph's
// order; empty for those that it does not name.
struct TfliteNames {
  std::vector<std::string> inputs{};
  std::vector<std::string> outputs{};
};

// Further signatures, tensors, and the rest of longer keys and names, are not read.
inline constexpr std::size_t kMaxTfliteSignatures = 64;
inline constexpr std::size_t kMaxTfliteTensors = 1024;
inline constexpr std::size_t kMaxTfliteKeyBytes = 256;

// Returns the signatures in the model's order; of a damaged flatbuffer, those that can be read.
// Never reads beyond the bytes, whatever the offsets are.
std::vector<TfliteSignature> ReadTfliteSignatures(std::span<const std::byte> model);

// Returns the names by the signature of that index in the model's order. Reads as the above.
TfliteNames ReadTfliteNames(std::span<const std::byte> model, std::size_t signature);

// Returns the name of the first tensor of that type, a number of TensorFlow Lite's schema; empty if
// no tensor has it, or that one has no name. Reads as the above.
std::string FindTfliteTensor(std::span<const std::byte> model, std::uint8_t type);

// Returns a copy of the model whose first subgraph is the one of that index, which stays there too,
// so that others find what they call. Empty for a damaged flatbuffer without that subgraph.
std::optional<std::vector<std::byte>> WithFirstSubgraph(std::span<const std::byte> model,
                                                        std::uint32_t subgraph);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_TFLITE_SIGNATURES_H_
