#include "graph/tensor_copy.h"

#include <cstring>

namespace namesake::graph {
namespace {

// Per thread, to avoid contention: threads copy in parallel.
thread_local std::uint64_t copied_bytes = 0;

}  // namespace

void CopyTensorBytes(std::span<std::byte> to, std::span<const std::byte> from) {
  // Either may be null if empty, which memcpy does not allow.
  if (from.empty()) return;
  std::memcpy(to.data(), from.data(), from.size());
  copied_bytes += from.size();
}

void CountCopiedTensorBytes(std::uint64_t bytes) { copied_bytes += bytes; }

std::uint64_t TensorBytesCopied() { return copied_bytes; }

}  // namespace namesake::graph
