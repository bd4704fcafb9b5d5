// A registry of one's own: a function gives the host's models by their names. A model is loaded by
// its first lookup in each placement, and stays in memory. What this does not override, Registry
// refuses, as models of tenants and guests. For short, all lookups wait while one loads, a failed
// load is not remembered, limits on models do not hold, and no names are listed.
#ifndef NAMESAKE_EXAMPLES_LOOKUP_REGISTRY_H_
#define NAMESAKE_EXAMPLES_LOOKUP_REGISTRY_H_
#include <namesake/namesake.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

class LookupRegistry final : public namesake::Registry {
 public:
  // Returns not_found for a name without a model. Called by one thread at a time.
  using FindModel = std::function<namesake::Result<namesake::Model>(const namesake::ModelName&)>;

  LookupRegistry(std::shared_ptr<const namesake::ModelLoader> loader, FindModel find)
      : loader_(std::move(loader)), find_(std::move(find)) {}

  namesake::Result<namesake::Lease> Acquire(std::span<const namesake::ModelKey* const> keys,
                                            const namesake::Placement& placement,
                                            namesake::Deadline deadline) override {
    for (const namesake::ModelKey* const key : keys) {
      if (key->scope == namesake::Scope::Host()) return Get(key->name, placement, deadline);
    }
    return Fail(namesake::ErrorCode::kNotFound, "there is no such model");
  }

 private:
  static std::unexpected<namesake::Error> Fail(namesake::ErrorCode code, const char* reason) {
    return std::unexpected(namesake::Error(code, reason));
  }

  namesake::Result<namesake::Lease> Get(const namesake::ModelName& name,
                                        const namesake::Placement& placement,
                                        namesake::Deadline deadline) {
    std::unique_lock lock(mutex_, std::defer_lock);
    if (deadline.never()) lock.lock();
    if (!lock && !lock.try_lock_until(*deadline.when())) {
      return Fail(namesake::ErrorCode::kTimeout, "another model is loading");
    }
    const auto known = leases_.find({name, placement});
    if (known != leases_.end()) return known->second;
    const auto model = find_(name);
    if (!model) return std::unexpected(model.error());
    const namesake::Placement nearest = namesake::PlacementFor(*model, placement);
    auto graph = loader_->Load(*model, nearest, deadline);
    if (!graph) return std::unexpected(graph.error());
    const namesake::Lease lease(*std::move(graph), nearest);
    return leases_.try_emplace({name, placement}, lease).first->second;
  }

  const std::shared_ptr<const namesake::ModelLoader> loader_;
  const FindModel find_;
  std::timed_mutex mutex_;
  // Guarded by it.
  std::map<std::pair<namesake::ModelName, namesake::Placement>, namesake::Lease> leases_;
};
#endif  // NAMESAKE_EXAMPLES_LOOKUP_REGISTRY_H_
