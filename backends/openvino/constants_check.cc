#include "backend_openvino/constants_check.h"

#include <cstdint>
#include <openvino/op/constant.hpp>
#include <openvino/op/util/multi_subgraph_base.hpp>
#include <optional>
#include <vector>

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
  std::vector<const ov::Model*> models = {&model};
  while (!models.empty()) {
    const ov::Model* const next = models.back();
    models.pop_back();
    for (const auto& node : next->get_ops()) {
      if (const auto* body = dynamic_cast<const ov::op::util::MultiSubGraphOp*>(node.get())) {
        for (const auto& function : body->get_functions()) {
          if (function != nullptr) models.push_back(function.get());
        }
      }
      const auto* const constant = dynamic_cast<const ov::op::v0::Constant*>(node.get());
      if (constant == nullptr || HasItsMemory(*constant)) continue;
      return base::Fail(
          ErrorCode::kInvalidArgument,
          "{} has a constant with more elements than its bytes hold; no converter writes such "
          "a model, so convert it again",
          name);
    }
  }
  return {};
}

}  // namespace namesake::openvino
