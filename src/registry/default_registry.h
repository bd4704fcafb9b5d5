// The registry of a host whose embedder does not provide another.
//
// Names are distributed over shards by a randomly seeded hash, so that no guest can choose
// colliding names. A lookup takes one shard's lock for reading. Each entry has its own state under
// a mutex. A load runs on a thread of the registry, so that every caller, the first included, only
// waits, and its deadline only ends its own wait. Destruction waits for running loads.
#ifndef NAMESAKE_REGISTRY_DEFAULT_REGISTRY_H_
#define NAMESAKE_REGISTRY_DEFAULT_REGISTRY_H_

#include <chrono>
#include <functional>
#include <memory>

#include "namesake/registry.h"

namespace namesake::registry {

struct DefaultRegistryOptions {
  // Never null.
  std::shared_ptr<const ModelLoader> loader;
  // How long lookups get the error of a failed load before another attempt.
  std::chrono::nanoseconds failed_load_ttl{};
  // The monotonic clock; a parameter for tests.
  std::function<Deadline::Clock::time_point()> now = Deadline::Clock::now;
};

std::shared_ptr<Registry> NewDefaultRegistry(DefaultRegistryOptions options);

}  // namespace namesake::registry

#endif  // NAMESAKE_REGISTRY_DEFAULT_REGISTRY_H_
