#include "host/loader.h"

#include "base/fail.h"
#include "graph/detect.h"

namespace namesake::host {

void Loader::AddUser(const Placement& placement, std::shared_ptr<const worker::User> user) {
  const std::lock_guard lock(mutex_);
  users_.insert_or_assign(placement.with(Isolation::kTenant), std::move(user));
}

std::shared_ptr<const worker::User> Loader::FindUser(const Placement& placement) const {
  const std::lock_guard lock(mutex_);
  const auto found = users_.find(placement.with(Isolation::kTenant));
  return found == users_.end() ? nullptr : found->second;
}

Result<std::uint64_t> Loader::Measure(const Model& model) const {
  const auto resolved = graph::ResolveEncoding(model);
  if (!resolved) return base::Fail(resolved);
  const auto backend = backends_.For(*resolved);
  if (!backend) return base::Fail(backend);
  return (*backend)->Measure(*resolved);
}

Result<std::shared_ptr<const Graph>> Loader::Load(const Model& model, const Placement& placement,
                                                  Deadline deadline, std::stop_token stop) const {
  const auto resolved = graph::ResolveEncoding(model);
  if (!resolved) return base::Fail(resolved);
  const auto backend = backends_.For(*resolved, placement.isolation());
  if (!backend) return base::Fail(backend);
  // Only the operator's models are cached: a guest could fill the operator's disk with invented
  // ones.
  const bool keep = model.origin == Origin::kOperator;
  return (*backend)->Load(*resolved,
                          {.stop = std::move(stop),
                           .cache = keep ? cache_ : nullptr,
                           .temporary_dir = temporary_dir_,
                           .placement = placement,
                           .user = FindUser(placement)},
                          deadline);
}

}  // namespace namesake::host
