// A backend whose graphs are in workers.
#ifndef NAMESAKE_WORKER_WORKER_BACKEND_H_
#define NAMESAKE_WORKER_WORKER_BACKEND_H_

#include <memory>

#include "namesake/backend.h"
#include "worker/fleet.h"

namespace namesake::worker {

std::unique_ptr<Backend> NewBackend(FleetOptions options);

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_WORKER_BACKEND_H_
