#include "backend_openvino/empty_inputs.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <openvino/core/node.hpp>
#include <ranges>
#include <set>
#include <string_view>
#include <utility>

namespace namesake::openvino {
namespace {

// An operation's output: the operation and the output's number.
using Port = std::pair<const ov::Node*, std::size_t>;

// Operations whose outputs are empty if any input is. Observed with OpenVINO 2026.4.1.
constexpr auto kEmptyOfEmpty = std::to_array<std::string_view>({
    "Abs",          "Add",     "Ceiling",  "Clamp",     "Convert",  "ConvertLike", "Divide",
    "Elu",          "Equal",   "Erf",      "Exp",       "Floor",    "Gelu",        "Greater",
    "GreaterEqual", "HSwish",  "Less",     "LessEqual", "Log",      "LogicalAnd",  "LogicalNot",
    "LogicalOr",    "Maximum", "Minimum",  "Mod",       "Multiply", "Negative",    "NotEqual",
    "Power",        "PRelu",   "Relu",     "Reshape",   "Select",   "Sigmoid",     "SoftPlus",
    "Sqrt",         "Squeeze", "Subtract", "Swish",     "Tanh",     "Transpose",   "Unsqueeze",
});

// The effect of empty inputs on an operation's outputs.
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

std::size_t CountInputs(const ov::Node& op, const std::set<Port>& ports) {
  std::size_t count = 0;
  for (const auto& value : op.input_values()) {
    if (ports.contains({value.get_node(), value.get_index()})) ++count;
  }
  return count;
}

bool HasOutputIn(const ov::Node& op, const std::set<Port>& ports) {
  const auto first = ports.lower_bound({&op, 0});
  return first != ports.end() && first->first == &op;
}

void InsertOutputs(const ov::Node& op, std::set<Port>& ports) {
  for (std::size_t i = 0; i < op.get_output_size(); ++i) ports.insert({&op, i});
}

// Returns the ports that are empty if `inputs` are. In `ops`, each operation follows those that it
// reads from.
std::set<Port> EmptyWhere(const ov::NodeVector& ops, const std::set<Port>& inputs) {
  std::set<Port> empty = inputs;
  for (const auto& op : ops) {
    if (EffectOf(*op, CountInputs(*op, empty)) == Effect::kEmpty) InsertOutputs(*op, empty);
  }
  return empty;
}

// Returns the ports from which emptiness reaches an operation not known to tolerate it. A Concat
// passes the emptiness of a single input on only if its own output is in `empty`. Walks `ops`
// backward once, whatever the number of inputs, since a guest's model may have very many.
std::set<Port> Harmful(const ov::NodeVector& ops, const std::set<Port>& empty) {
  std::set<Port> harmful;
  for (const auto& op : ops | std::views::reverse) {
    const Effect effect = EffectOf(*op, HasOutputIn(*op, empty) ? op->get_input_size() : 1);
    const bool passes_on = effect == Effect::kEmpty && HasOutputIn(*op, harmful);
    if (effect != Effect::kUnknown && !passes_on) continue;
    for (const auto& value : op->input_values()) {
      harmful.insert({value.get_node(), value.get_index()});
    }
  }
  return harmful;
}

bool HasZero(const ov::PartialShape& shape) {
  return shape.rank().is_dynamic() || std::ranges::any_of(shape, [](const auto& extent) {
           return extent.get_min_length() == 0;
         });
}

}  // namespace

std::vector<bool> InputsThatMayBeEmpty(const ov::Model& model) {
  const ov::NodeVector ops = model.get_ordered_ops();
  std::set<Port> may;
  for (const auto& input : model.inputs()) {
    if (HasZero(input.get_partial_shape())) may.insert({input.get_node(), input.get_index()});
  }
  const auto keep_harmless = [&](const std::set<Port>& empty) {
    const std::set<Port> harmful = Harmful(ops, empty);
    std::erase_if(may, [&](const Port& port) { return harmful.contains(port); });
  };
  // Checks each input empty alone, and then all of them, which may leave a Concat nothing.
  keep_harmless({});
  keep_harmless(EmptyWhere(ops, may));
  std::vector<bool> answers;
  for (const auto& input : model.inputs()) {
    answers.push_back(may.contains({input.get_node(), input.get_index()}));
  }
  return answers;
}

}  // namespace namesake::openvino
