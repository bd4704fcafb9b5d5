// Describes a graph's inputs and outputs for programs.
#ifndef NAMESAKE_GRAPH_GRAPH_JSON_H_
#define NAMESAKE_GRAPH_GRAPH_JSON_H_

#include <string>

#include "namesake/backend.h"

namespace namesake::graph {

// Returns {"inputs": [tensor, …], "outputs": [tensor, …]} in the model's own order. A tensor is
// {"name", "aliases", "type", "shape"}. `shape` is null for any rank; a dynamic dimension in it is
// {"min", "max"}, with max null for no bound.
std::string GraphJson(const Graph& graph);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_GRAPH_JSON_H_
