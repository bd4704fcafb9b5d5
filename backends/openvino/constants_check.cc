#include "backend_openvino/constants_check.h"

#include <cstdint>
#include <openvino/op/constant.hpp>
#include <optional>

#include "backend_openvino/operations_check.h"
#include "base/fail.h"

namespace namesake::openvino {
namespace {

// Returns the bytes of the packed elements; empty if the number exceeds 64 bits.
std::optional<std::uint64_t> PackedBytes(const ov::Shape& shape, std::uint64_t bits) {
  std::uint64_t count = 1;
  for (const std::uint64_t extent : shape) {
    if (__builtin_mul_overflow(count, extent, &count)) return std::nullopt;
  }
  std::uint64_t wanted = 0;
  if (__builtin_mul_overflow(count, bits, &wanted)) return std::nullopt;
  return wanted / 8 + (wanted % 8 == 0 ? 0 : 1);
}

bool HasItsMemory(const ov::op::v0::Constant& constant) {
  const ov::element::Type type = constant.get_element_type();
  // Strings are objects; no output can contain them.
  if (type == ov::element::string) return true;
  const auto wanted = PackedBytes(constant.get_shape(), type.bitwidth());
  if (wanted == 0U) return true;
  return wanted && constant.get_data_ptr() != nullptr && constant.get_byte_size() >= *wanted;
}

}  // namespace

Result<void> CheckConstants(const ov::Model& model, const Wording& name) {
  return ForEachOperation(model, [&](const ov::Node& node) -> Result<void> {
    const auto* const constant = dynamic_cast<const ov::op::v0::Constant*>(&node);
    if (constant == nullptr || HasItsMemory(*constant)) return {};
    return base::Fail(
        ErrorCode::kInvalidArgument,
        "{} has a constant with more elements than its bytes hold; no converter writes such a "
        "model, so convert it again",
        name);
  });
}

}  // namespace namesake::openvino
