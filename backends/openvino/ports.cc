#include "backend_openvino/ports.h"

#include <algorithm>
#include <array>
#include <openvino/core/node.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/fail.h"
#include "base/text.h"

namespace namesake::openvino {
namespace {

constexpr std::array<std::pair<ElementType, ov::element::Type_t>, kElementTypeCount> kTypes = {{
    {ElementType::kF16, ov::element::Type_t::f16},
    {ElementType::kBf16, ov::element::Type_t::bf16},
    {ElementType::kF32, ov::element::Type_t::f32},
    {ElementType::kF64, ov::element::Type_t::f64},
    {ElementType::kI8, ov::element::Type_t::i8},
    {ElementType::kI16, ov::element::Type_t::i16},
    {ElementType::kI32, ov::element::Type_t::i32},
    {ElementType::kI64, ov::element::Type_t::i64},
    {ElementType::kU8, ov::element::Type_t::u8},
    {ElementType::kU16, ov::element::Type_t::u16},
    {ElementType::kU32, ov::element::Type_t::u32},
    {ElementType::kU64, ov::element::Type_t::u64},
    {ElementType::kBool, ov::element::Type_t::boolean},
}};

std::optional<ElementType> FromVendorType(ov::element::Type_t type) {
  for (const auto& [ours, theirs] : kTypes) {
    if (theirs == type) return ours;
  }
  return std::nullopt;
}

// A frontend writes INT32_MAX or INT64_MAX for "no bound".
Dim ToDim(const ov::Dimension& dimension) {
  if (dimension.is_static()) return Dim::Fixed(static_cast<std::uint64_t>(dimension.get_length()));
  const auto min = static_cast<std::uint64_t>(dimension.get_min_length());
  const ov::Dimension::value_type max = dimension.get_max_length();
  if (max < 0 || max >= std::numeric_limits<std::int32_t>::max()) {
    return {.min = min, .max = Dim::kUnbounded};
  }
  return {.min = min, .max = static_cast<std::uint64_t>(max)};
}

std::optional<std::vector<Dim>> ToDims(const ov::PartialShape& shape) {
  if (shape.rank().is_dynamic()) return std::nullopt;
  std::vector<Dim> dims;
  for (const ov::Dimension& dimension : shape) dims.push_back(ToDim(dimension));
  return dims;
}

// OpenVINO keeps names as an unordered set. The first one in byte order becomes the name, so that a
// graph has the same names in every load.
void SetNames(const ov::Output<const ov::Node>& port, TensorInfo& info) {
  const auto& set = port.get_names();
  std::vector<std::string> names(set.begin(), set.end());
  // Guests can't pass a name that is not UTF-8.
  std::erase_if(names, [](const std::string& name) { return !base::IsUtf8(name); });
  if (names.empty()) return;
  std::ranges::sort(names);
  info.name = std::move(names.front());
  names.erase(names.begin());
  info.aliases = std::move(names);
}

}  // namespace

Result<std::vector<TensorInfo>> DescribePorts(const std::vector<ov::Output<const ov::Node>>& ports,
                                              std::string_view kind) {
  std::vector<TensorInfo> infos;
  for (const auto& port : ports) {
    TensorInfo info;
    SetNames(port, info);
    const auto type = FromVendorType(port.get_element_type());
    if (!type) {
      return base::Fail(ErrorCode::kUnsupported,
                        "{} of the model has the element type {}, which no guest can give or take",
                        TensorLabel(kind, infos.size(), info),
                        port.get_element_type().get_type_name());
    }
    info.type = *type;
    info.shape = ToDims(port.get_partial_shape());
    infos.push_back(std::move(info));
  }
  return infos;
}

void SetShapes(const std::vector<ov::Output<const ov::Node>>& ports,
               std::vector<TensorInfo>& infos) {
  for (std::size_t i = 0; i < ports.size(); ++i) {
    infos[i].shape = ToDims(ports[i].get_partial_shape());
  }
}

ov::element::Type ToVendorType(ElementType type) {
  for (const auto& [ours, theirs] : kTypes) {
    if (ours == type) return theirs;
  }
  return ov::element::dynamic;
}

}  // namespace namesake::openvino
