#include "backend_openvino/operations_check.h"

#include <cstddef>
#include <openvino/op/constant.hpp>
#include <openvino/op/multinomial.hpp>
#include <openvino/op/random_uniform.hpp>
#include <openvino/op/slice.hpp>
#include <openvino/op/util/multi_subgraph_base.hpp>
#include <openvino/op/util/read_value_base.hpp>
#include <vector>

#include "base/fail.h"
#include "base/text.h"

namespace namesake::openvino {
namespace {

// Whether its value does not follow from its inputs alone, or not simply.
bool IsImpure(const ov::Node& node) {
  return dynamic_cast<const ov::op::util::MultiSubGraphOp*>(&node) != nullptr ||
         dynamic_cast<const ov::op::util::ReadValueBase*>(&node) != nullptr ||
         dynamic_cast<const ov::op::v8::RandomUniform*>(&node) != nullptr ||
         dynamic_cast<const ov::op::v13::Multinomial*>(&node) != nullptr;
}

// Whether its value follows from constants, as far as a few operations tell: there may be any
// number of ways to it.
bool IsConstant(const ov::Node& node) {
  constexpr std::size_t kMostLookedAt = 64;
  std::vector<const ov::Node*> looked_at = {&node};
  for (std::size_t next = 0; next < looked_at.size(); ++next) {
    const ov::Node& one = *looked_at[next];
    if (dynamic_cast<const ov::op::v0::Constant*>(&one) != nullptr) continue;
    if (one.get_input_size() == 0 || IsImpure(one)) return false;
    for (std::size_t i = 0; i < one.get_input_size(); ++i) {
      if (looked_at.size() == kMostLookedAt) return false;
      looked_at.push_back(one.get_input_node_ptr(i));
    }
  }
  return true;
}

}  // namespace

Result<void> ForEachOperation(const ov::Model& model,
                              const std::function<Result<void>(const ov::Node&)>& check) {
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
      if (auto checked = check(*node); !checked) return checked;
    }
  }
  return {};
}

Result<void> CheckOperations(const ov::Model& model, const Wording& name) {
  return ForEachOperation(model, [&](const ov::Node& node) -> Result<void> {
    constexpr std::size_t kAxes = 4;
    const auto* const slice = dynamic_cast<const ov::op::v8::Slice*>(&node);
    if (slice == nullptr || slice->get_input_size() <= kAxes) return {};
    if (IsConstant(*slice->get_input_node_ptr(kAxes))) return {};
    return base::Fail(ErrorCode::kUnsupported,
                      "{}: OpenVINO can't compile the operation \"{}\", a Slice whose axes are not "
                      "constant; ONNX Runtime may run the model: set backend = \"onnxruntime\"",
                      name, base::Printable(slice->get_friendly_name()));
  });
}

}  // namespace namesake::openvino
