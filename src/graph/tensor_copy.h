// Where the bytes of tensors are copied: between a guest's memory, shared tensors and the buffers
// of backends. There is no other place, so that the count says how often a tensor was copied.
#ifndef NAMESAKE_GRAPH_TENSOR_COPY_H_
#define NAMESAKE_GRAPH_TENSOR_COPY_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace namesake::graph {

// `to` has at least as many bytes as `from` and does not overlap it.
void CopyTensorBytes(std::span<std::byte> to, std::span<const std::byte> from);

// A copy of so many bytes that somebody else makes, such as the engine into a guest's list.
void CountCopiedTensorBytes(std::uint64_t bytes);

// What the calling thread has copied since it began, in bytes; for assertions. What a backend's
// library copies within a compute does not count.
std::uint64_t TensorBytesCopied();

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_TENSOR_COPY_H_
