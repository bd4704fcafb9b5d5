#include "host/loader.h"

#include "base/fail.h"
#include "graph/detect.h"

namespace namesake::host {
namespace {

// A worker that serves all is the host's, whoever asks first.
Placement UserOf(const Placement& placement) {
  return placement.isolation() == Isolation::kHost ? Placement::Host(Isolation::kHost) : placement;
}

}  // namespace

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
  const Placement user = UserOf(placement);
  return (*backend)->Load(*resolved,
                          {.stop = std::move(stop),
                           .cache = keep ? cache_ : nullptr,
                           .temporary_dir = temporary_dir_,
                           .placement = user,
                           .user = users_->Find(user),
                           .users = users_},
                          deadline);
}

std::shared_ptr<const Graph> Loader::FindLoaded(const Model& model,
                                                const Placement& placement) const {
  const auto resolved = graph::ResolveEncoding(model);
  if (!resolved) return nullptr;
  const auto backend = backends_.For(*resolved, placement.isolation());
  return backend ? (*backend)->FindLoaded(*resolved, UserOf(placement)) : nullptr;
}

}  // namespace namesake::host
