#include "graph/onnx_outline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/fail.h"
#include "base/text.h"
#include "graph/proto_fields.h"

namespace namesake::graph {
namespace {

using Bytes = std::span<const std::byte>;

// The fields of onnx.proto that matter here.
constexpr std::uint32_t kModelGraph = 7;
constexpr std::uint32_t kModelFunction = 25;
constexpr std::uint32_t kFunctionName = 1;
constexpr std::uint32_t kFunctionNode = 7;
constexpr std::uint32_t kGraphNode = 1;
constexpr std::uint32_t kNodeOperation = 4;
constexpr std::uint32_t kNodeAttribute = 5;
constexpr std::uint32_t kNodeDomain = 7;
constexpr std::uint32_t kAttributeGraph = 6;
constexpr std::uint32_t kAttributeGraphs = 11;
constexpr std::uint32_t kFunctionDomain = 10;
constexpr std::uint32_t kGraphInput = 11;
constexpr std::uint32_t kGraphOutput = 12;
constexpr std::uint32_t kValueName = 1;
constexpr std::uint32_t kValueType = 2;
constexpr std::uint32_t kTypeTensor = 1;
constexpr std::uint32_t kTypeSequence = 4;
constexpr std::uint32_t kTypeMap = 5;
constexpr std::uint32_t kTypeSparse = 8;
constexpr std::uint32_t kTypeOptional = 9;
constexpr std::uint32_t kElementType = 1;
constexpr std::uint32_t kTensorShape = 2;
constexpr std::uint64_t kString = 8;
constexpr std::uint64_t kComplex64 = 14;
constexpr std::uint64_t kComplex128 = 15;

template <typename Visit>
void ForEachField(Bytes message, Visit visit) {
  ProtoReader reader(message);
  while (const auto field = reader.Next()) visit(*field);
}

std::string_view TensorKind(Bytes tensor) {
  std::uint64_t type = 0;
  ForEachField(tensor, [&](const ProtoField& field) {
    if (field.tag.number == kElementType) type = field.varint;
  });
  if (type == kString) return "a tensor of strings";
  return type == kComplex64 || type == kComplex128 ? "a tensor of complex numbers" : "";
}

std::string_view SequenceKind(Bytes sequence) {
  bool maps = false;
  ForEachField(sequence, [&](const ProtoField& element) {
    if (element.tag.number != kElementType) return;
    ForEachField(element.bytes,
                 [&](const ProtoField& field) { maps |= field.tag.number == kTypeMap; });
  });
  return maps ? "a sequence of maps" : "a sequence";
}

// Empty for a tensor of numbers and for unknown types.
std::string_view TypeKind(Bytes type) {
  std::string_view kind;
  ForEachField(type, [&](const ProtoField& field) {
    if (field.tag.number == kTypeTensor) kind = TensorKind(field.bytes);
    if (field.tag.number == kTypeSequence) kind = SequenceKind(field.bytes);
    if (field.tag.number == kTypeMap) kind = "a map";
    if (field.tag.number == kTypeSparse) kind = "a sparse tensor";
    if (field.tag.number == kTypeOptional) kind = "an optional value";
  });
  return kind;
}

// Whether a type is that of a tensor, and states no shape.
bool IsUnranked(Bytes type) {
  bool is_tensor = false;
  bool has_shape = false;
  ForEachField(type, [&](const ProtoField& field) {
    if (field.tag.number != kTypeTensor) return;
    is_tensor = true;
    ForEachField(field.bytes,
                 [&](const ProtoField& part) { has_shape |= part.tag.number == kTensorShape; });
  });
  return is_tensor && !has_shape;
}

void AddPort(std::string_view direction, Bytes value, OnnxOutline& outline) {
  OnnxOutline::Port port{.direction = direction, .kind = {}, .name = {}};
  std::string_view name;
  bool is_unranked = false;
  ForEachField(value, [&](const ProtoField& field) {
    if (field.tag.number == kValueName) name = base::AsText(field.bytes);
    if (field.tag.number != kValueType) return;
    port.kind = TypeKind(field.bytes);
    is_unranked = IsUnranked(field.bytes);
  });
  if (port.kind.empty() && is_unranked && outline.unranked.size() < kMaxOnnxOutlined) {
    outline.unranked.emplace_back(name);
  }
  if (port.kind.empty() || outline.ports.size() >= kMaxOnnxOutlined) return;
  port.name = name.substr(0, kMaxOnnxNameBytes);
  outline.ports.push_back(std::move(port));
}

void AddFunction(Bytes function, OnnxOutline& outline) {
  std::string_view name;
  std::string_view domain;
  ForEachField(function, [&](const ProtoField& field) {
    if (field.tag.number == kFunctionName) name = base::AsText(field.bytes);
    if (field.tag.number == kFunctionDomain) domain = base::AsText(field.bytes);
  });
  // Real functions have no longer names, and searching for long ones takes time.
  if (name.empty() || name.size() + domain.size() > kMaxOnnxNameBytes) return;
  if (outline.functions.size() >= kMaxOnnxOutlined) return;
  std::string& full = outline.functions.emplace_back(domain);
  if (!domain.empty()) full += '.';
  full += name;
}

// "ai.onnx" is another name of ONNX's own domain.
std::string OperationName(std::string_view domain, std::string_view type) {
  if (domain.empty() || domain == "ai.onnx") return std::string(type);
  return fmt::format("{}.{}", domain, type);
}

void AddNodes(Bytes graph, std::uint32_t node_field, int depth, OnnxOutline& outline);

void AddNode(Bytes node, int depth, OnnxOutline& outline) {
  std::string_view type;
  std::string_view domain;
  ForEachField(node, [&](const ProtoField& field) {
    if (field.tag.number == kNodeOperation) type = base::AsText(field.bytes);
    if (field.tag.number == kNodeDomain) domain = base::AsText(field.bytes);
    if (field.tag.number != kNodeAttribute) return;
    ForEachField(field.bytes, [&](const ProtoField& part) {
      if (part.tag.number != kAttributeGraph && part.tag.number != kAttributeGraphs) return;
      AddNodes(part.bytes, kGraphNode, depth + 1, outline);
    });
  });
  std::string name =
      OperationName(domain.substr(0, kMaxOnnxNameBytes), type.substr(0, kMaxOnnxNameBytes));
  auto& operations = outline.operations;
  const auto place = std::ranges::lower_bound(operations, name);
  if (place != operations.end() && *place == name) return;
  // Real models have a few dozen.
  constexpr std::size_t kMost = 512;
  if (operations.size() >= kMost) {
    outline.is_cut_off = true;
  } else {
    operations.insert(place, std::move(name));
  }
}

void AddNodes(Bytes graph, std::uint32_t node_field, int depth, OnnxOutline& outline) {
  constexpr int kDeepest = 32;
  if (depth > kDeepest) {
    outline.is_cut_off = true;
    return;
  }
  ForEachField(graph, [&](const ProtoField& field) {
    if (field.tag.number == node_field) AddNode(field.bytes, depth, outline);
  });
}

std::string_view PortRemedy(std::string_view kind) {
  if (kind == "a sequence of maps") {
    return "convert the model without it, in skl2onnx by options={\"zipmap\": False}";
  }
  return "export the model with numeric tensors only";
}

}  // namespace

OnnxOutline OutlineOnnx(std::span<const std::byte> model) {
  OnnxOutline outline;
  ForEachField(model, [&](const ProtoField& field) {
    if (field.tag.number == kModelFunction) {
      AddFunction(field.bytes, outline);
      AddNodes(field.bytes, kFunctionNode, 0, outline);
    }
    if (field.tag.number != kModelGraph) return;
    AddNodes(field.bytes, kGraphNode, 0, outline);
    ForEachField(field.bytes, [&](const ProtoField& part) {
      if (part.tag.number == kGraphInput) AddPort("input", part.bytes, outline);
      if (part.tag.number == kGraphOutput) AddPort("output", part.bytes, outline);
    });
  });
  return outline;
}

Error UnusablePort(const Wording& model, const OnnxOutline::Port& port) {
  return Error(
      ErrorCode::kUnsupported,
      base::Worded("{}: its {} \"{}\" is {}, which no guest can give or take; {}", model,
                   port.direction, base::Printable(port.name), port.kind, PortRemedy(port.kind)));
}

}  // namespace namesake::graph
