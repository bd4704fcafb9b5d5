#include "graph/graph_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

namespace namesake::graph {
namespace {

// Written piece by piece: the destructor of an nlohmann::json list or object allocates, which ends
// the process if memory is short.

// A model's names may be anything; invalid UTF-8 in them is replaced.
std::string ToJson(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string ToJson(const Dim& dim) {
  if (dim.fixed()) return fmt::to_string(dim.min);
  return fmt::format(R"({{"max":{},"min":{}}})",
                     dim.max == Dim::kUnbounded ? "null" : fmt::to_string(dim.max), dim.min);
}

std::string ToJson(const TensorInfo& tensor);

template <typename T>
std::string ToJson(const std::vector<T>& items) {
  std::string list = "[";
  for (const T& item : items) {
    if (list.size() > 1) list += ',';
    list += ToJson(item);
  }
  return list + "]";
}

std::string ToJson(const TensorInfo& tensor) {
  return fmt::format(R"({{"aliases":{},"name":{},"shape":{},"type":{}}})", ToJson(tensor.aliases),
                     ToJson(tensor.name), tensor.shape ? ToJson(*tensor.shape) : "null",
                     ToJson(ElementTypeName(tensor.type)));
}

}  // namespace

std::string GraphJson(const Graph& graph) {
  return fmt::format(R"({{"inputs":{},"outputs":{}}})", ToJson(graph.inputs()),
                     ToJson(graph.outputs()));
}

}  // namespace namesake::graph
