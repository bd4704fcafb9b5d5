#include "backend_onnxruntime/ports.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "base/fail.h"
#include "base/text.h"

namespace namesake::onnxruntime {
namespace {

constexpr std::array<std::pair<ElementType, ONNXTensorElementDataType>, kElementTypeCount> kTypes =
    {{
        {ElementType::kF16, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16},
        {ElementType::kBf16, ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16},
        {ElementType::kF32, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT},
        {ElementType::kF64, ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE},
        {ElementType::kI8, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8},
        {ElementType::kI16, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16},
        {ElementType::kI32, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32},
        {ElementType::kI64, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64},
        {ElementType::kU8, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8},
        {ElementType::kU16, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16},
        {ElementType::kU32, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32},
        {ElementType::kU64, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64},
        {ElementType::kBool, ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL},
    }};

std::optional<ElementType> FromVendorType(ONNXTensorElementDataType type) {
  for (const auto& [ours, theirs] : kTypes) {
    if (theirs == type) return ours;
  }
  return std::nullopt;
}

// Negative for a dimension that has no fixed extent.
Dim ToDim(std::int64_t extent) {
  return extent < 0 ? Dim::Dynamic() : Dim::Fixed(static_cast<std::uint64_t>(extent));
}

Result<TensorInfo> Describe(std::string_view kind, std::size_t index, const std::string& name,
                            const Ort::TypeInfo& type, const ModelFacts& facts) {
  TensorInfo info;
  // Guests can't pass a name that is not UTF-8.
  if (base::IsUtf8(name)) info.name = name;
  const auto refuse = [&](std::string_view what) {
    return base::Fail(ErrorCode::kUnsupported,
                      "{} of the model {}, which no guest can give or take",
                      TensorLabel(kind, index, info), what);
  };
  if (type.GetONNXType() != ONNX_TYPE_TENSOR) return refuse("is not a tensor");
  const auto tensor = type.GetTensorTypeAndShapeInfo();
  const auto element_type = FromVendorType(tensor.GetElementType());
  if (!element_type) return refuse("has elements of another type than numbers of 8 to 64 bits");
  info.type = *element_type;
  info.may_be_empty = kind == "input" && facts.may_be_empty;
  const std::vector<std::int64_t> extents = tensor.GetShape();
  if (extents.empty() && std::ranges::find(facts.unranked, name) != facts.unranked.end()) {
    return info;
  }
  auto& shape = info.shape.emplace();
  std::ranges::transform(extents, std::back_inserter(shape), ToDim);
  return info;
}

}  // namespace

Result<Ports> DescribePorts(const Ort::Session& session, const ModelFacts& facts) {
  Ort::AllocatorWithDefaultOptions allocator;
  Ports ports;
  for (std::size_t i = 0; i < session.GetInputCount(); ++i) {
    const auto& name =
        ports.input_names.emplace_back(session.GetInputNameAllocated(i, allocator).get());
    auto info = Describe("input", i, name, session.GetInputTypeInfo(i), facts);
    if (!info) return base::Fail(std::move(info));
    ports.inputs.push_back(*std::move(info));
  }
  for (std::size_t i = 0; i < session.GetOutputCount(); ++i) {
    const auto& name =
        ports.output_names.emplace_back(session.GetOutputNameAllocated(i, allocator).get());
    auto info = Describe("output", i, name, session.GetOutputTypeInfo(i), facts);
    if (!info) return base::Fail(std::move(info));
    ports.outputs.push_back(*std::move(info));
  }
  return ports;
}

ONNXTensorElementDataType ToVendorType(ElementType type) {
  for (const auto& [ours, theirs] : kTypes) {
    if (ours == type) return theirs;
  }
  return ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
}

}  // namespace namesake::onnxruntime
