#include "graph/tensor_buffer.h"

#include <algorithm>
#include <cstdint>
#include <new>
#include <utility>

#include "base/fail.h"
#include "graph/tensor_copy.h"
#include "graph/tensor_memory.h"

namespace namesake::graph {
namespace {

constexpr auto kAlignment = std::align_val_t{kTensorAlignment};

std::unexpected<Error> OutOfMemoryFor(std::size_t size) {
  return base::Fail(ErrorCode::kRuntimeError, "out of memory for a tensor of {} bytes", size);
}

}  // namespace

Result<std::shared_ptr<std::byte>> NewTensorBytes(std::size_t size) try {
  if (size > PTRDIFF_MAX) {
    return base::Fail(ErrorCode::kTooLarge, "a tensor of {} bytes is larger than any memory", size);
  }
  auto* const bytes = static_cast<std::byte*>(::operator new(size, kAlignment));
  return std::shared_ptr<std::byte>(bytes,
                                    [](std::byte* old) { ::operator delete(old, kAlignment); });
} catch (const std::bad_alloc&) {
  return OutOfMemoryFor(size);
}

Result<std::span<std::byte>> TensorBuffer::Renew(std::size_t size) {
  if (!Fits(size)) {
    auto bytes = NewTensorBytes(size);
    if (!bytes) return base::Fail(std::move(bytes));
    Use(*std::move(bytes), size);
  }
  return std::span(bytes_.get(), size_);
}

Result<std::span<std::byte>> TensorBuffer::RenewCleared(std::size_t size) {
  const bool is_new = !Fits(size);
  auto bytes = Renew(size);
  if (bytes && is_new) std::ranges::fill(*bytes, std::byte{0});
  return bytes;
}

void TensorBuffer::Use(std::shared_ptr<std::byte> memory, std::size_t size) {
  bytes_ = std::move(memory);
  size_ = size;
  loan_ = {};
}

SharedTensor TensorBuffer::Lend(ElementType type, std::vector<std::uint64_t> dims) {
  return {.type = type,
          .dims = std::move(dims),
          .bytes = loan_.Lend(bytes_.get(), bytes_),
          .size = size_};
}

namespace {

class Heap : public TensorMemory {
 public:
  Result<std::shared_ptr<std::byte>> New(std::size_t bytes) override {
    return NewTensorBytes(bytes);
  }
};

}  // namespace

Result<SharedTensor> CopyTensor(const TensorView& tensor, TensorMemory& memory) try {
  auto bytes = memory.New(tensor.data.size());
  if (!bytes) return base::Fail(std::move(bytes));
  CopyTensorBytes({bytes->get(), tensor.data.size()}, tensor.data);
  return SharedTensor{.type = tensor.type,
                      .dims = {tensor.dims.begin(), tensor.dims.end()},
                      .bytes = *std::move(bytes),
                      .size = tensor.data.size()};
} catch (const std::bad_alloc&) {
  return OutOfMemoryFor(tensor.data.size());
}

}  // namespace namesake::graph

namespace namesake {

Result<SharedTensor> CopyTensor(const TensorView& tensor) {
  graph::Heap heap;
  return graph::CopyTensor(tensor, heap);
}

}  // namespace namesake
