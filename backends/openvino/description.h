// A graph's inputs and outputs as bytes, stored with its compiled form.
//
// When OpenVINO compiles or imports a model, the names of its tensors change: fusing two operations
// gives a tensor the names of both, and exporting drops some names. Guests see the names as they
// were read, in a new load as well as in one from the cache.
#ifndef NAMESAKE_BACKENDS_OPENVINO_DESCRIPTION_H_
#define NAMESAKE_BACKENDS_OPENVINO_DESCRIPTION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "namesake/tensor.h"

namespace namesake::openvino {

struct Description {
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;
  // The size of the model's variables, which each context keeps between inferences.
  std::uint64_t state_bytes = 0;

  friend bool operator==(const Description&, const Description&) = default;
};

std::string Encode(const Description& description);

// Empty for bytes that Encode did not write.
std::optional<Description> Decode(std::span<const std::byte> bytes);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_DESCRIPTION_H_
