#include "graph/graph_json.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace namesake {
namespace {

nlohmann::json ToJson(const Dim& dim) {
  if (dim.fixed()) return dim.min;
  nlohmann::json range = {{"min", dim.min}, {"max", nullptr}};
  if (dim.max != Dim::kUnbounded) range["max"] = dim.max;
  return range;
}

nlohmann::json ToJson(const std::vector<TensorInfo>& tensors) {
  auto list = nlohmann::json::array();
  for (const TensorInfo& tensor : tensors) {
    nlohmann::json shape;
    if (tensor.shape) {
      shape = nlohmann::json::array();
      for (const Dim& dim : *tensor.shape) shape.push_back(ToJson(dim));
    }
    list.push_back({{"name", tensor.name},
                    {"aliases", tensor.aliases},
                    {"type", ElementTypeName(tensor.type)},
                    {"shape", std::move(shape)}});
  }
  return list;
}

}  // namespace

std::string GraphJson(const Graph& graph) {
  const nlohmann::json text = {{"inputs", ToJson(graph.inputs())},
                               {"outputs", ToJson(graph.outputs())}};
  // A model's names may be anything; what is not UTF-8 in them is replaced.
  return text.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace namesake
