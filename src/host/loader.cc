#include "host/loader.h"

#include "base/fail.h"
#include "graph/detect.h"

namespace namesake::host {

Result<std::uint64_t> Loader::Measure(const Model& model) const {
  const auto resolved = graph::ResolveEncoding(model);
  if (!resolved) return base::Fail(resolved);
  const auto backend = backends_.For(*resolved);
  if (!backend) return base::Fail(backend);
  return (*backend)->Measure(*resolved);
}

Result<std::shared_ptr<const Graph>> Loader::Load(const Model& model, const Placement& placement,
                                                  Deadline deadline) const {
  const auto resolved = graph::ResolveEncoding(model);
  if (!resolved) return base::Fail(resolved);
  const auto backend = backends_.For(*resolved);
  if (!backend) return base::Fail(backend);
  // Only the operator's models are cached: a guest could fill the operator's disk with invented
  // ones.
  const bool keep = model.origin == Origin::kOperator;
  return (*backend)->Load(
      *resolved,
      {.cache = keep ? cache_ : nullptr, .temporary_dir = temporary_dir_, .placement = placement},
      deadline);
}

}  // namespace namesake::host
