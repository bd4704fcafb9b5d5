#include "wasi_nn/tenant.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/fail.h"
#include "base/text.h"

namespace namesake {
namespace {

template <typename Limits>
AccountLimits SharedLimits(const Limits& limits) {
  AccountLimits account;
  account.total(Resource::kModels) = limits.max_models;
  account.total(Resource::kModelBytes) = limits.max_total_model_bytes;
  account.total(Resource::kTensorBytes) = limits.max_total_tensor_bytes;
  account.max_model_bytes = limits.max_model_bytes;
  account.max_tensor_bytes = limits.max_tensor_bytes;
  return account;
}

}  // namespace

AccountLimits ToAccountLimits(const HostLimits& limits) {
  AccountLimits account = SharedLimits(limits);
  account.max_loads = limits.max_loads;
  return account;
}

AccountLimits ToAccountLimits(const TenantLimits& limits) {
  AccountLimits account = SharedLimits(limits);
  account.max_loads = limits.max_loads;
  return account;
}

AccountLimits ToAccountLimits(const InstanceLimits& limits) {
  AccountLimits account = SharedLimits(limits);
  account.total(Resource::kGraphs) = limits.max_graphs;
  account.total(Resource::kContexts) = limits.max_contexts;
  account.total(Resource::kTensors) = limits.max_tensors;
  return account;
}

std::shared_ptr<Account> NewTenantAccount(const TenantOptions& options,
                                          std::shared_ptr<Account> host) {
  return Account::Make(fmt::format("tenant \"{}\"", options.name), ToAccountLimits(options.limits),
                       std::move(host));
}

Timeout Shorter(Timeout one, Timeout other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

Tenant::Tenant(std::uint64_t id, TenantOptions options, const HostShare& host)
    : id_(id),
      options_(std::move(options)),
      account_(NewTenantAccount(options_, host.account)),
      computes_(host.computes->NewLane(options_.name,
                                       {.max_running = options_.limits.max_computes,
                                        .max_queued = options_.limits.max_queued_computes})),
      load_timeout_(Shorter(options_.limits.load_timeout, host.limits.load_timeout)),
      compute_timeout_(Shorter(options_.limits.compute_timeout, host.limits.compute_timeout)) {}

Result<std::shared_ptr<const Tenant>> Tenant::Make(std::uint64_t id, TenantOptions options,
                                                   const HostShare& host) {
  if (options.name.empty() || !IsUtf8(options.name) || HasControlCharacter(options.name)) {
    return Fail(ErrorCode::kInvalidArgument,
                "\"{}\" can't be a tenant's name: it is empty, not UTF-8 or has control characters",
                Printable(options.name));
  }
  const std::shared_ptr<Tenant> tenant(new Tenant(id, std::move(options), host));
  if (auto added = tenant->AddGrants(); !added) {
    return std::unexpected(added.error().WithContext(tenant->account()->owner()));
  }
  return tenant;
}

Result<void> Tenant::AddGrants() {
  for (const Grant& grant : policy().grants) {
    auto model = ModelName::Parse(grant.model);
    if (!model) return Fail(std::move(model));
    auto visible = ModelName::Parse(grant.visible_name());
    if (!visible) return Fail(std::move(visible));
    const auto [other, added] =
        grants_.try_emplace(visible->text(), ModelKey{Scope::Host(), *std::move(model)});
    if (added || other->second.name.text() == grant.model) continue;
    return Fail(ErrorCode::kInvalidArgument,
                "two models are granted under the name \"{}\": \"{}\" and \"{}\"", visible->text(),
                other->second.name.text(), grant.model);
  }
  return {};
}

const ModelKey* Tenant::FindGrant(std::string_view name) const {
  const auto found = grants_.find(name);
  return found == grants_.end() ? nullptr : &found->second;
}

std::vector<VisibleModel> VisibleModels(const Tenant& tenant, const Registry& registry) {
  std::map<std::string, ModelStatus> visible;
  // What comes first hides what comes later, as in a lookup.
  for (ModelStatus& model : registry.List(tenant.scope())) {
    visible.try_emplace(model.key.name.text(), std::move(model));
  }
  for (const auto& [name, key] : tenant.grants()) {
    if (auto model = registry.Status(key)) visible.try_emplace(name, *std::move(model));
  }
  if (tenant.policy().host_models == HostModels::kAll) {
    for (ModelStatus& model : registry.List(Scope::Host())) {
      // A name that was granted stands for the granted model alone, also while that is not there.
      if (tenant.FindGrant(model.key.name.text()) != nullptr) continue;
      visible.try_emplace(model.key.name.text(), std::move(model));
    }
  }
  std::vector<VisibleModel> models;
  for (auto& [name, model] : visible) models.push_back({name, std::move(model)});
  return models;
}

}  // namespace namesake
