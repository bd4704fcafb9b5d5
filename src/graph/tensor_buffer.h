// Memory for a tensor of the host's own.
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

// What backends' libraries read fastest: a cache line, and the widest vector.
inline constexpr std::size_t kTensorAlignment = 64;

// `size` bytes of no particular content, aligned to kTensorAlignment. Errors: too_large for more
// than an object may have; runtime_error when there is no memory.
Result<std::shared_ptr<std::byte>> NewTensorBytes(std::size_t size);

// A buffer that a context fills again and again, and lends out in between. One thread at a time.
class TensorBuffer {
 public:
  // `size` bytes to write, of no particular content. The memory of the last call where it has that
  // size and nobody holds it; else other memory, and what is held stays as it is. Errors: as
  // NewTensorBytes.
  Result<std::span<std::byte>> Renew(std::size_t size);

  std::span<const std::byte> bytes() const { return {bytes_.get(), size_}; }

  // The bytes written last, without a copy. Throws std::bad_alloc.
  SharedTensor Lend(ElementType type, std::vector<std::uint64_t> dims);

 private:
  std::shared_ptr<std::byte> bytes_;
  std::size_t size_ = 0;
  Loan loan_;
};

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_TENSOR_BUFFER_H_
