// An execution context in a worker.
#ifndef NAMESAKE_WORKER_WORKER_CONTEXT_H_
#define NAMESAKE_WORKER_WORKER_CONTEXT_H_

#include <memory>

#include "namesake/backend.h"
#include "worker/worker_graph.h"

namespace namesake::worker {

// The worker makes its part at the first inference. When a worker ends during an inference that
// need not be the cause, the inference runs again: in a worker of its own, unless the cause is
// known.
Result<std::unique_ptr<ExecutionContext>> NewWorkerContext(std::shared_ptr<const WorkerGraph> graph,
                                                           std::shared_ptr<GraphUser> user);

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_WORKER_CONTEXT_H_
