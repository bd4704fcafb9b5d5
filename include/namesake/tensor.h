// Tensors: element types, what a graph expects of a tensor, and a tensor's bytes in place.
#ifndef NAMESAKE_TENSOR_H_
#define NAMESAKE_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/error.h"
#include "namesake/export.h"

namespace namesake {

// The element types the core carries. A guest ABI may know fewer (docs/abi.md). Nothing is ever
// converted from one to another in silence. Values are little-endian; bool is one byte, 0 or 1.
enum class ElementType : std::uint8_t {
  kF16,
  kBf16,
  kF32,
  kF64,
  kI8,
  kI16,
  kI32,
  kI64,
  kU8,
  kU16,
  kU32,
  kU64,
  kBool,
};
inline constexpr int kElementTypeCount = 13;

// The name in documents and messages, such as "f32".
NAMESAKE_API std::string_view ElementTypeName(ElementType type);
// In bytes, 1 to 8.
NAMESAKE_API std::size_t ElementTypeSize(ElementType type);

// More dimensions than any model in use has; a bound for what a guest may make the host read.
inline constexpr std::size_t kMaxRank = 64;

// The extents that a graph accepts in one dimension: min..max, both included.
struct Dim {
  static constexpr std::uint64_t kUnbounded = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t min = 0;
  std::uint64_t max = kUnbounded;

  static Dim Fixed(std::uint64_t extent) { return {.min = extent, .max = extent}; }
  static Dim Dynamic() { return {}; }
  bool fixed() const { return min == max; }

  friend bool operator==(const Dim&, const Dim&) = default;
};

// A graph's description of one of its inputs or outputs.
struct NAMESAKE_API TensorInfo {
  // The model's own name for it; empty where the model has none.
  std::string name{};
  // Other names the model has for the same tensor, without `name`.
  std::vector<std::string> aliases{};
  ElementType type = ElementType::kF32;
  // Empty optional: any rank. An empty vector: a scalar.
  std::optional<std::vector<Dim>> shape{};
  // For an input: whether it may be given without elements, by an extent of 0 within the bounds. No
  // backend says so of one whose graph would put out what it has not computed.
  bool may_be_empty = false;

  // Whether there is but one shape, and so one size, that such a tensor can have.
  bool fixed() const;

  friend bool operator==(const TensorInfo&, const TensorInfo&) = default;
};

// A tensor whose memory is somebody else's. The spans must outlive the view's use; a view given to
// a function is read during that call only.
struct TensorView {
  ElementType type = ElementType::kF32;
  std::span<const std::uint64_t> dims{};
  std::span<const std::byte> data{};  // Dense, row-major, of any alignment.
};

// A tensor whose bytes several may hold, such as a guest and a context that computes on them.
// Copies share the bytes, which nobody changes while anyone holds them: different threads may read
// them at once. The memory goes back with the last holder, on any thread; no graph, context or
// backend needs to be alive for it.
struct SharedTensor {
  ElementType type = ElementType::kF32;
  std::vector<std::uint64_t> dims{};
  // Dense, row-major, `size` of them. Owned by the pointer, which may stand for another owner.
  std::shared_ptr<const std::byte> bytes{};
  std::size_t size = 0;

  // Lives as long as this object; its data as long as anyone holds `bytes`.
  TensorView view() const { return {.type = type, .dims = dims, .data = {bytes.get(), size}}; }
};

// A tensor of its own memory, aligned to 64 bytes, with one copy of `tensor`'s bytes. Whether the
// bytes are as many as the dimensions say is for whoever takes the tensor (CheckTensor). Errors:
// too_large for more bytes than an object may have; runtime_error when there is no memory.
NAMESAKE_API Result<SharedTensor> CopyTensor(const TensorView& tensor);

// "[1,3,224,224]"; a dynamic dimension is "?", a bounded one "1..8"; any rank is "[...]".
NAMESAKE_API std::string ShapeText(std::span<const std::uint64_t> dims);
NAMESAKE_API std::string ShapeText(const TensorInfo& info);

// The name of a graph's tensor in messages: input 0 ("data"), or without the name where the model
// has none. `kind` is "input" or "output".
NAMESAKE_API std::string TensorLabel(std::string_view kind, std::size_t index,
                                     const TensorInfo& info);

// The bytes of a dense tensor, 0 where an extent is 0. Errors: too_large when the product of the
// other extents does not fit in 64 bits.
NAMESAKE_API Result<std::uint64_t> ByteSize(ElementType type, std::span<const std::uint64_t> dims);
// The same with 1 for each extent of 0. A limit on a tensor's size must hold for this number: a
// graph may turn an empty tensor into one of its other extents.
NAMESAKE_API Result<std::uint64_t> ByteSizeAtLeastOne(ElementType type,
                                                      std::span<const std::uint64_t> dims);

// Whether `tensor` is what `expected` describes: same element type, a rank and extents that it
// accepts, as many bytes as the dimensions say, and bytes of 0 or 1 for bool. An extent of 0 is as
// good as any other within the bounds where the tensor may be empty. A scalar is given with no
// dimensions or as [1], as the wasi-nn specification writes it. `label` names the input in the
// message. Errors: invalid_argument.
NAMESAKE_API Result<void> CheckTensor(const TensorInfo& expected, const TensorView& tensor,
                                      std::string_view label);

}  // namespace namesake

#endif  // NAMESAKE_TENSOR_H_
