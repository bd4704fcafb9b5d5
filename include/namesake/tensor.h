// Tensors: element types, what a graph expects of a tensor, and views of a tensor's bytes.
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

// The element types that the core supports. A guest ABI may support fewer (docs/abi.md). Nothing is
// ever converted silently. Values are little-endian; bool is one byte, 0 or 1.
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

// The most dimensions accepted from a guest; more than any model in use has.
inline constexpr std::size_t kMaxRank = 64;

// The extents that a graph accepts in one dimension: min to max, inclusive.
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
  // The model's name for it; empty if the model has none.
  std::string name{};
  // The model's other names for the same tensor.
  std::vector<std::string> aliases{};
  ElementType type = ElementType::kF32;
  // No value: any rank. An empty vector: a scalar.
  std::optional<std::vector<Dim>> shape{};
  // For an input: whether it may have no elements, by an extent of 0 within the bounds. A backend
  // sets it only if the graph then puts out nothing that it has not computed.
  bool may_be_empty = false;

  // Whether the tensor has exactly one possible shape, and so one size.
  bool fixed() const;

  friend bool operator==(const TensorInfo&, const TensorInfo&) = default;
};

// A tensor in memory that belongs to somebody else. The spans must outlive the view; a function
// reads a view only during the call.
struct TensorView {
  ElementType type = ElementType::kF32;
  std::span<const std::uint64_t> dims{};
  std::span<const std::byte> data{};  // Dense, row-major, of any alignment.
};

// A tensor with shared bytes, such as those of a guest and of a context that computes on them.
// Copies share the bytes. Nobody changes the bytes while anyone holds them, so several threads may
// read them at once. The last holder frees the memory, on any thread; no graph, context or backend
// needs to be alive by then.
struct SharedTensor {
  ElementType type = ElementType::kF32;
  std::vector<std::uint64_t> dims{};
  // `size` bytes, dense and row-major. Owned by the pointer, which may be an alias of another
  // owner.
  std::shared_ptr<const std::byte> bytes{};
  std::size_t size = 0;

  // Valid as long as this object; its data is valid as long as anyone holds `bytes`.
  TensorView view() const { return {.type = type, .dims = dims, .data = {bytes.get(), size}}; }
};

// Copies `tensor` once, into new memory aligned to 64 bytes. Does not check that the bytes match
// the dimensions: whoever takes the tensor does (CheckTensor). Errors: too_large for more bytes
// than an object may have; runtime_error if memory runs out.
NAMESAKE_API Result<SharedTensor> CopyTensor(const TensorView& tensor);

// Returns a text such as "[1,3,224,224]". A dynamic dimension is "?", a bounded one "1..8"; any
// rank is "[...]".
NAMESAKE_API std::string ShapeText(std::span<const std::uint64_t> dims);
NAMESAKE_API std::string ShapeText(const TensorInfo& info);

// Returns a tensor's name in messages: input 0 ("data"), or only input 0 if the model has no name
// for it. `kind` is "input" or "output".
NAMESAKE_API std::string TensorLabel(std::string_view kind, std::size_t index,
                                     const TensorInfo& info);

// Returns the bytes of a dense tensor; 0 if an extent is 0. Errors: too_large if the product of the
// other extents does not fit in 64 bits.
NAMESAKE_API Result<std::uint64_t> ByteSize(ElementType type, std::span<const std::uint64_t> dims);
// Like ByteSize, but counts each extent of 0 as 1. Check this number against a limit on a tensor's
// size, because a graph may extend an empty tensor to its other extents.
NAMESAKE_API Result<std::uint64_t> ByteSizeAtLeastOne(ElementType type,
                                                      std::span<const std::uint64_t> dims);

// Checks that `tensor` is what `expected` describes: the same element type, a rank and extents that
// it accepts, as many bytes as the dimensions say, and for bool only bytes 0 and 1. An extent of 0
// needs `may_be_empty` and must be within the bounds. A scalar has no dimensions or is [1], as the
// wasi-nn specification writes it. `label` names the input in the message. Errors:
// invalid_argument.
NAMESAKE_API Result<void> CheckTensor(const TensorInfo& expected, const TensorView& tensor,
                                      std::string_view label);

}  // namespace namesake

#endif  // NAMESAKE_TENSOR_H_
