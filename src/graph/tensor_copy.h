// Copies the bytes of tensors: between a guest's memory, shared tensors and the buffers of
// backends. All copies go through here, so that the count shows how often a tensor is copied.
#ifndef NAMESAKE_GRAPH_TENSOR_COPY_H_
#define NAMESAKE_GRAPH_TENSOR_COPY_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace namesake::graph {

// `to` has at least as many bytes as `from` and does not overlap it.
void CopyTensorBytes(std::span<std::byte> to, std::span<const std::byte> from);

// Whether the two have bytes in common.
bool Overlap(std::span<const std::byte> one, std::span<const std::byte> other);

// Counts a copy made elsewhere, such as by the engine into a guest's list.
void CountCopiedTensorBytes(std::uint64_t bytes);

// The number of bytes that the calling thread has copied since it started; for assertions. Does not
// include copies within an inference in a backend's library.
std::uint64_t TensorBytesCopied();

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_TENSOR_COPY_H_
