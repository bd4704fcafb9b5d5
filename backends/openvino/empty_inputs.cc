#include "backend_openvino/empty_inputs.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <openvino/core/node.hpp>
#include <set>
#include <string_view>
#include <utility>

namespace namesake::openvino {
namespace {

// An operation's output, by the operation and the output's number.
using Port = std::pair<const ov::Node*, std::size_t>;

// Their outputs have no elements where any input has none. Seen with OpenVINO 2026.4.1.
constexpr auto kEmptyOfEmpty = std::to_array<std::string_view>({
    "Abs",          "Add",     "Ceiling",  "Clamp",     "Convert",  "ConvertLike", "Divide",
    "Elu",          "Equal",   "Erf",      "Exp",       "Floor",    "Gelu",        "Greater",
    "GreaterEqual", "HSwish",  "Less",     "LessEqual", "Log",      "LogicalAnd",  "LogicalNot",
    "LogicalOr",    "Maximum", "Minimum",  "Mod",       "Multiply", "Negative",    "NotEqual",
    "Power",        "PRelu",   "Relu",     "Reshape",   "Select",   "Sigmoid",     "SoftPlus",
    "Sqrt",         "Squeeze", "Subtract", "Swish",     "Tanh",     "Transpose",   "Unsqueeze",
});

// What an operation makes of inputs of which some may have no elements.
enum class Effect : std::uint8_t { kNone, kEmpty, kUnknown };

Effect EffectOf(const ov::Node& node, std::size_t empty_inputs) {
  const std::string_view type = node.get_type_info().name;
  if (empty_inputs == 0 || type == "Result" || type == "ShapeOf") return Effect::kNone;
  if (type == "Concat") {
    return empty_inputs == node.get_input_size() ? Effect::kEmpty : Effect::kNone;
  }
  return std::ranges::find(kEmptyOfEmpty, type) == kEmptyOfEmpty.end() ? Effect::kUnknown
                                                                       : Effect::kEmpty;
}

// Whether all that these inputs reach is known to bear it that they have no elements. `ops` is in
// an order in which each operation comes behind those that it reads.
bool BearsEmpty(const ov::NodeVector& ops, const std::set<Port>& inputs) {
  std::set<Port> empty = inputs;
  for (const auto& op : ops) {
    std::size_t count = 0;
    for (const auto& value : op->input_values()) {
      if (empty.contains({value.get_node(), value.get_index()})) ++count;
    }
    const Effect effect = EffectOf(*op, count);
    if (effect == Effect::kUnknown) return false;
    if (effect == Effect::kNone) continue;
    for (std::size_t i = 0; i < op->get_output_size(); ++i) empty.insert({op.get(), i});
  }
  return true;
}

bool HasZero(const ov::PartialShape& shape) {
  return shape.rank().is_dynamic() || std::ranges::any_of(shape, [](const auto& extent) {
           return extent.get_min_length() == 0;
         });
}

}  // namespace

std::vector<bool> InputsThatMayBeEmpty(const ov::Model& model) {
  const ov::NodeVector ops = model.get_ordered_ops();
  std::vector<bool> may(model.inputs().size(), false);
  std::set<Port> all;
  for (std::size_t i = 0; i < may.size(); ++i) {
    const auto input = model.input(i);
    const Port port = {input.get_node(), input.get_index()};
    may[i] = HasZero(input.get_partial_shape()) && BearsEmpty(ops, {port});
    if (may[i]) all.insert(port);
  }
  if (!BearsEmpty(ops, all)) may.assign(may.size(), false);
  return may;
}

}  // namespace namesake::openvino
