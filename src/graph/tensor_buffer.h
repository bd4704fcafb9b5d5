// Memory for the host's own tensors.
#ifndef NAMESAKE_GRAPH_TENSOR_BUFFER_H_
#define NAMESAKE_GRAPH_TENSOR_BUFFER_H_

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "graph/loan.h"
#include "namesake/error.h"
#include "namesake/tensor.h"

namespace namesake::graph {

// The alignment that backends' libraries read fastest: a cache line, and the widest vector.
inline constexpr std::size_t kTensorAlignment = 64;

// Allocates `size` uninitialized bytes, aligned to kTensorAlignment. Errors: too_large beyond the
// largest size of an object; runtime_error if there is no memory.
Result<std::shared_ptr<std::byte>> NewTensorBytes(std::size_t size);

// Memory that a caller gives for an output; null if there is none.
struct OutputMemory {
  std::shared_ptr<std::byte> bytes{};
  std::size_t size = 0;
};

// A buffer that a context fills repeatedly and lends out in between. One thread at a time.
class TensorBuffer {
 public:
  // Returns `size` uninitialized bytes to write. Reuses the memory of the last call if it has that
  // size and nobody holds it; otherwise allocates, and leaves held bytes unchanged. Errors: see
  // NewTensorBytes.
  Result<std::span<std::byte>> Renew(std::size_t size);

  // Like Renew, but new memory is zeroed: for a library that computes into it, because some models
  // leave an output as they find it.
  Result<std::span<std::byte>> RenewCleared(std::size_t size);

  // Uses `memory` of `size` bytes from the next Renew on, if that is the size it is asked for.
  void Use(std::shared_ptr<std::byte> memory, std::size_t size);

  std::span<const std::byte> bytes() const { return {bytes_.get(), size_}; }

  // Lends the bytes written last, without a copy. Throws std::bad_alloc.
  SharedTensor Lend(ElementType type, std::vector<std::uint64_t> dims);

 private:
  bool Fits(std::size_t size) const { return bytes_ && size == size_ && !loan_.held(); }

  std::shared_ptr<std::byte> bytes_;
  std::size_t size_ = 0;
  Loan loan_;
};

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_TENSOR_BUFFER_H_
