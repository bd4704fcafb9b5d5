// Where the tensors that guests hold lie.
#ifndef NAMESAKE_GRAPH_TENSOR_MEMORY_H_
#define NAMESAKE_GRAPH_TENSOR_MEMORY_H_

#include <cstddef>
#include <memory>

#include "namesake/error.h"
#include "namesake/tensor.h"

namespace namesake::graph {

// Thread-safe.
class TensorMemory {
 public:
  virtual ~TensorMemory() = default;
  // Returns `bytes` uninitialized bytes, aligned to kTensorAlignment. Errors: too_large;
  // resource_exhausted; runtime_error if there is no memory.
  virtual Result<std::shared_ptr<std::byte>> New(std::size_t bytes) = 0;
};

// Like namesake::CopyTensor, into that memory.
Result<SharedTensor> CopyTensor(const TensorView& tensor, TensorMemory& memory);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_TENSOR_MEMORY_H_
