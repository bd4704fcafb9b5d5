#include "namesake/tensor.h"

#include <algorithm>
#include <array>

#include "base/fail.h"
#include "base/text.h"
#include "graph/tensor_shape.h"

namespace namesake {
namespace {

struct ElementTypeRow {
  std::string_view name;
  std::size_t size;
};

// In the order of ElementType.
constexpr std::array<ElementTypeRow, kElementTypeCount> kElementTypes = {{
    {"f16", 2},
    {"bf16", 2},
    {"f32", 4},
    {"f64", 8},
    {"i8", 1},
    {"i16", 2},
    {"i32", 4},
    {"i64", 8},
    {"u8", 1},
    {"u16", 2},
    {"u32", 4},
    {"u64", 8},
    {"bool", 1},
}};

const ElementTypeRow& Row(ElementType type) {
  return kElementTypes[static_cast<std::size_t>(type)];
}

std::string DimText(const Dim& dim) {
  if (dim.fixed()) return fmt::format("{}", dim.min);
  if (dim.min == 0 && dim.max == Dim::kUnbounded) return "?";
  if (dim.max == Dim::kUnbounded) return fmt::format("{}..", dim.min);
  return fmt::format("{}..{}", dim.min, dim.max);
}

Result<void> CheckBools(std::span<const std::byte> data, std::string_view label) {
  const auto other =
      std::ranges::find_if(data, [](std::byte value) { return value > std::byte{1}; });
  if (other == data.end()) return {};
  return base::Fail(ErrorCode::kInvalidArgument,
                    "{} has type bool, whose bytes must be 0 or 1; byte {} is {}", label,
                    other - data.begin(), std::to_integer<unsigned>(*other));
}

bool IsScalarAsOne(const std::vector<Dim>& expected, std::span<const std::uint64_t> dims) {
  return expected.empty() && dims.size() == 1 && dims[0] == 1;
}

}  // namespace

std::string_view ElementTypeName(ElementType type) { return Row(type).name; }
std::size_t ElementTypeSize(ElementType type) { return Row(type).size; }

bool TensorInfo::fixed() const { return shape && std::ranges::all_of(*shape, &Dim::fixed); }

std::string ShapeText(std::span<const std::uint64_t> dims) {
  return fmt::format("[{}]", fmt::join(dims, ","));
}

std::string ShapeText(const TensorInfo& info) {
  if (!info.shape) return "[...]";
  std::vector<std::string> dims;
  for (const Dim& dim : *info.shape) dims.push_back(DimText(dim));
  return fmt::format("[{}]", fmt::join(dims, ","));
}

std::string TensorLabel(std::string_view kind, std::size_t index, const TensorInfo& info) {
  if (info.name.empty()) return fmt::format("{} {}", kind, index);
  return fmt::format("{} {} (\"{}\")", kind, index, base::Printable(info.name));
}

Result<std::uint64_t> ByteSizeAtLeastOne(ElementType type, std::span<const std::uint64_t> dims) {
  std::uint64_t bytes = ElementTypeSize(type);
  for (const std::uint64_t dim : dims) {
    if (__builtin_mul_overflow(bytes, std::max<std::uint64_t>(dim, 1), &bytes)) {
      return base::Fail(ErrorCode::kTooLarge, "a tensor of shape {} has more than 2^64 bytes",
                        ShapeText(dims));
    }
  }
  return bytes;
}

Result<std::uint64_t> ByteSize(ElementType type, std::span<const std::uint64_t> dims) {
  auto bytes = ByteSizeAtLeastOne(type, dims);
  if (bytes && std::ranges::count(dims, 0U) > 0) return 0;
  return bytes;
}

Result<void> CheckTensor(const TensorInfo& expected, const TensorView& tensor,
                         std::string_view label) {
  const auto refuse = [&](std::string_view got) {
    return base::Fail(ErrorCode::kInvalidArgument, "{} expects {} {}, got {}", label,
                      ElementTypeName(expected.type), ShapeText(expected), got);
  };
  if (tensor.type != expected.type) {
    return refuse(fmt::format("{} {}", ElementTypeName(tensor.type), ShapeText(tensor.dims)));
  }
  if (!expected.may_be_empty && std::ranges::count(tensor.dims, 0U) > 0) {
    return refuse(fmt::format("{}, which has no elements", ShapeText(tensor.dims)));
  }
  if (expected.shape && !graph::Accepts(*expected.shape, tensor.dims) &&
      !IsScalarAsOne(*expected.shape, tensor.dims)) {
    return refuse(ShapeText(tensor.dims));
  }
  const auto bytes = ByteSize(tensor.type, tensor.dims);
  if (!bytes || *bytes != tensor.data.size()) {
    return refuse(fmt::format("{} bytes for {}", tensor.data.size(), ShapeText(tensor.dims)));
  }
  if (tensor.type == ElementType::kBool) return CheckBools(tensor.data, label);
  return {};
}

}  // namespace namesake
