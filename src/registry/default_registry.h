// The registry that a host has unless its embedder brings another.
//
// One map from key to entry under a reader-writer lock; each entry has a state of its own under a
// mutex. A load runs on a thread of the registry, so that every caller, the first included, is just
// a waiter whose deadline ends its wait alone. Destruction waits for the loads under way.
#ifndef NAMESAKE_REGISTRY_DEFAULT_REGISTRY_H_
#define NAMESAKE_REGISTRY_DEFAULT_REGISTRY_H_

#include <chrono>
#include <functional>
#include <memory>

#include "limits/budget.h"
#include "namesake/registry.h"

namespace namesake {

// Turns a model into a graph; slow. Called from several threads at once.
using LoadModel = std::function<Result<std::shared_ptr<const Graph>>(const Model&, Deadline)>;
// The monotonic clock, a parameter for tests.
using Now = std::function<Deadline::Clock::time_point()>;

struct DefaultRegistryOptions {
  LoadModel load;
  // Models with a name, and those without one that are in memory or loading. Never null.
  std::shared_ptr<Budget> models;
  // How long a failed load answers for the lookups after it.
  std::chrono::nanoseconds failure_memory{};
  Now now = Deadline::Clock::now;
};

std::shared_ptr<Registry> NewDefaultRegistry(DefaultRegistryOptions options);

}  // namespace namesake

#endif  // NAMESAKE_REGISTRY_DEFAULT_REGISTRY_H_
