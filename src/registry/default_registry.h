// The registry that a host has unless its embedder brings another.
//
// Names are spread over shards by a hash that is seeded at random, so that no guest can choose
// names that fall together; a lookup takes one shard's lock for reading. Each entry has a state of
// its own under a mutex. A load runs on a thread of the registry, so that every caller, the first
// included, is just a waiter whose deadline ends its wait alone. Destruction waits for the loads
// under way.
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
  // How long a failed load answers for the lookups after it.
  std::chrono::nanoseconds failed_load_ttl{};
  // The monotonic clock, a parameter for tests.
  std::function<Deadline::Clock::time_point()> now = Deadline::Clock::now;
};

std::shared_ptr<Registry> NewDefaultRegistry(DefaultRegistryOptions options);

}  // namespace namesake::registry

#endif  // NAMESAKE_REGISTRY_DEFAULT_REGISTRY_H_
