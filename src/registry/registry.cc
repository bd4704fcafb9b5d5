// The defaults of Registry, for one that only looks names up.
#include "namesake/registry.h"

#include <algorithm>

#include "base/fail.h"

namespace namesake {
namespace {

std::unexpected<Error> Refuse(std::string_view what) {
  return base::Fail(ErrorCode::kUnsupported, "this host's registry can't {}", what);
}

}  // namespace

std::string_view ModelStateName(ModelState state) {
  switch (state) {
    case ModelState::kRegistered:
      return "registered";
    case ModelState::kLoading:
      return "loading";
    case ModelState::kReady:
      return "ready";
    case ModelState::kFailed:
      return "failed";
  }
  return "failed";
}

std::shared_ptr<const Graph> ModelLoader::FindLoaded(const Model& /*model*/,
                                                     const Placement& /*placement*/) const {
  return nullptr;
}

Result<void> Registry::Register(const ModelKey& /*key*/, Registration /*registration*/) {
  return Refuse("register models");
}

Result<void> Registry::Replace(const ModelKey& /*key*/, Registration /*registration*/,
                               Deadline /*deadline*/) {
  return Refuse("replace models");
}

Result<void> Registry::Unregister(const ModelKey& /*key*/, Origin /*by*/) {
  return Refuse("unregister models");
}

void Registry::Prefetch(const ModelKey& /*key*/, const Placement& /*placement*/) {}

Result<Lease> Registry::AcquireVariant(std::span<const ModelKey* const> /*keys*/,
                                       const BackendOptions& /*options*/, VariantFor /*whom*/,
                                       Deadline /*deadline*/) {
  return Refuse("load models with a caller's options");
}

Result<Lease> Registry::Load(Registration /*registration*/, const ModelKey* /*name*/,
                             Deadline /*deadline*/) {
  return Refuse("load models that guests supply");
}

Result<Reservation> Registry::ReserveModelBytes(const std::shared_ptr<Account>& account,
                                                std::uint64_t bytes) {
  return account->Reserve(Resource::kModelBytes, bytes);
}

bool Registry::AwaitLoads(Deadline /*deadline*/) { return true; }

std::optional<ModelStatus> Registry::Status(const ModelKey& key, const Placement& placement) const {
  const std::vector<ModelStatus> listed = List(key.scope, placement);
  const auto found = std::ranges::find(listed, key, &ModelStatus::key);
  if (found == listed.end()) return std::nullopt;
  return *found;
}

std::vector<ModelStatus> Registry::List(const Scope& /*scope*/,
                                        const Placement& /*placement*/) const {
  return {};
}

}  // namespace namesake
