#include "backend_openvino/notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cstddef>

namespace namesake::openvino {
namespace {

struct Narrowed {
  ElementType type;
  std::string_view how;
};

constexpr std::array<Narrowed, 4> kNarrowed = {{
    {ElementType::kI64, "in 32 bits: values that need more come out wrong"},
    {ElementType::kU64, "in 32 bits: values that need more come out wrong"},
    {ElementType::kU32, "as i32: values from 2^31 on may come out wrong"},
    {ElementType::kF64, "as f32, with 24 bits of precision"},
}};

void AddLabels(std::string_view kind, const std::vector<TensorInfo>& tensors, ElementType type,
               std::vector<std::string>& labels) {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].type == type) labels.push_back(TensorLabel(kind, i, tensors[i]));
  }
}

}  // namespace

std::vector<std::string> NotesOn(const Description& description, std::string_view device) {
  constexpr std::size_t kMostLabels = 4;
  std::vector<std::string> notes;
  if (device != "CPU") return notes;
  for (const auto& [type, how] : kNarrowed) {
    std::vector<std::string> labels;
    AddLabels("input", description.inputs, type, labels);
    AddLabels("output", description.outputs, type, labels);
    if (labels.empty()) continue;
    const bool more = labels.size() > kMostLabels;
    if (more) labels.resize(kMostLabels);
    notes.push_back(fmt::format("OpenVINO computes {} {} ({}{})", ElementTypeName(type), how,
                                fmt::join(labels, ", "), more ? ", …" : ""));
  }
  return notes;
}

}  // namespace namesake::openvino
