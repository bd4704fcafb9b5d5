// A graph's inputs and outputs as bytes, kept beside its compiled form.
//
// A model that OpenVINO has compiled or imported no longer has the names that it was read with:
// fusing two operations gives a tensor the names of both, and exporting drops some of them again.
// A guest sees the names as read, in a fresh load as in one from the cache.
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
  // The model's variables, which each context keeps from one inference to the next.
  std::uint64_t state_bytes = 0;

  friend bool operator==(const Description&, const Description&) = default;
};

std::string Encode(const Description& description);

// Empty for bytes that Encode has not written.
std::optional<Description> Decode(std::span<const std::byte> bytes);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_DESCRIPTION_H_
