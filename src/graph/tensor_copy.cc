#include "graph/tensor_copy.h"

#include <cstring>
#include <functional>

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

bool Overlap(std::span<const std::byte> one, std::span<const std::byte> other) {
  // Orders pointers into different objects, too.
  const std::less<const std::byte*> before;
  return !one.empty() && !other.empty() && before(one.data(), other.data() + other.size()) &&
         before(other.data(), one.data() + one.size());
}

void CountCopiedTensorBytes(std::uint64_t bytes) { copied_bytes += bytes; }

std::uint64_t TensorBytesCopied() { return copied_bytes; }

}  // namespace namesake::graph
