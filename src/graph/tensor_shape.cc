#include "graph/tensor_shape.h"

#include <algorithm>

namespace namesake::graph {

bool Accepts(const std::vector<Dim>& shape, std::span<const std::uint64_t> dims) {
  return std::ranges::equal(shape, dims, [](const Dim& dim, std::uint64_t extent) {
    return dim.min <= extent && extent <= dim.max;
  });
}

std::optional<std::uint64_t> FixedBytes(const TensorInfo& info) {
  if (!info.fixed()) return std::nullopt;
  std::vector<std::uint64_t> dims;
  for (const Dim& dim : *info.shape) dims.push_back(dim.min);
  const auto bytes = ByteSize(info.type, dims);
  return bytes ? std::optional(*bytes) : std::nullopt;
}

}  // namespace namesake::graph
