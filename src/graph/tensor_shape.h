// Shapes that a tensor may have by its graph's description.
#ifndef NAMESAKE_GRAPH_TENSOR_SHAPE_H_
#define NAMESAKE_GRAPH_TENSOR_SHAPE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "namesake/tensor.h"

namespace namesake::graph {

// Whether `dims` has the rank of `shape`, and each extent is within its bounds.
bool Accepts(const std::vector<Dim>& shape, std::span<const std::uint64_t> dims);

// The bytes of a tensor that has only one shape. Empty for a tensor of variable size, and for one
// whose bytes are not a 64-bit number.
std::optional<std::uint64_t> FixedBytes(const TensorInfo& info);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_TENSOR_SHAPE_H_
