// An execution context in a worker.
#ifndef NAMESAKE_WORKER_WORKER_CONTEXT_H_
#define NAMESAKE_WORKER_WORKER_CONTEXT_H_

#include <memory>

#include "namesake/backend.h"
#include "worker/worker_graph.h"

namespace namesake::worker {

// The worker makes its part at the first inference.
Result<std::unique_ptr<ExecutionContext>> NewWorkerContext(
    std::shared_ptr<const WorkerGraph> graph);

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_WORKER_CONTEXT_H_
