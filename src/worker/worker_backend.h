// A backend whose graphs are in workers.
#ifndef NAMESAKE_WORKER_WORKER_BACKEND_H_
#define NAMESAKE_WORKER_WORKER_BACKEND_H_

#include <memory>

#include "namesake/backend.h"
#include "namesake/compiled_cache.h"
#include "worker/fleet.h"

namespace namesake::worker {

// `cache` is what loads are given, or null: graphs use it further when they are loaded again.
std::unique_ptr<Backend> NewWorkerBackend(std::shared_ptr<Fleet> fleet,
                                          std::shared_ptr<CompiledCache> cache);

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_WORKER_BACKEND_H_
