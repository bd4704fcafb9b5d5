// The first inference of a graph, at its load.
#ifndef NAMESAKE_GRAPH_WARM_UP_H_
#define NAMESAKE_GRAPH_WARM_UP_H_

#include <memory>
#include <string>

#include "namesake/backend.h"
#include "namesake/deadline.h"

namespace namesake::graph {

// Runs one inference on zeros, in a context of its own. A dimension that varies has the extent 1,
// or the nearest that the graph accepts. Returns when the inference has ended, at the deadline, or
// after 10 seconds: an inference that can't be stopped goes on in a thread of its own, which keeps
// the graph. The log at level debug says how it ended, with `name` for the model.
void WarmUp(const std::shared_ptr<const Graph>& graph, std::string name, Deadline deadline);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_WARM_UP_H_
