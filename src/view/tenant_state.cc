#include "view/tenant_state.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/fail.h"
#include "base/text.h"

namespace namesake::view {

std::shared_ptr<Account> NewTenantAccount(const TenantOptions& options,
                                          std::shared_ptr<Account> host) {
  return Account::Make(fmt::format("tenant \"{}\"", options.name),
                       limits::ToAccountLimits(options.limits), std::move(host));
}

TenantState::TenantState(std::uint64_t id, TenantOptions options, const HostShare& host)
    : id_(id),
      options_(std::move(options)),
      isolation_(options_.isolation.value_or(host.isolation)),
      account_(NewTenantAccount(options_, host.account)),
      computes_(host.computes->NewLane(options_.name,
                                       {.max_running = options_.limits.max_inferences,
                                        .max_queued = options_.limits.max_queued_inferences})),
      load_timeout_(limits::Shorter(options_.limits.load_timeout, host.limits.load_timeout)),
      inference_timeout_(
          limits::Shorter(options_.limits.inference_timeout, host.limits.inference_timeout)) {}

Result<std::unique_ptr<const TenantState>> TenantState::Make(std::uint64_t id,
                                                             TenantOptions options,
                                                             const HostShare& host) {
  if (options.name.empty() || !base::IsUtf8(options.name) ||
      base::HasControlCharacter(options.name)) {
    return base::Fail(
        ErrorCode::kInvalidArgument,
        "\"{}\" can't be a tenant's name: it is empty, not UTF-8 or has control characters",
        base::Printable(options.name));
  }
  std::unique_ptr<TenantState> tenant(new TenantState(id, std::move(options), host));
  if (auto added = tenant->AddGrants(); !added) {
    return std::unexpected(added.error().WithContext(tenant->account()->owner()));
  }
  return tenant;
}

Result<void> TenantState::AddGrants() {
  for (const Grant& grant : policy().grants) {
    auto model = ModelName::Parse(grant.model);
    if (!model) return base::Fail(std::move(model));
    auto visible = ModelName::Parse(grant.visible_name());
    if (!visible) return base::Fail(std::move(visible));
    const auto [other, added] =
        grants_.try_emplace(visible->text(), ModelKey{Scope::Host(), *std::move(model)});
    if (added || other->second.name.text() == grant.model) continue;
    return base::Fail(ErrorCode::kInvalidArgument,
                      "two models are granted under the name \"{}\": \"{}\" and \"{}\"",
                      visible->text(), other->second.name.text(), grant.model);
  }
  return {};
}

const ModelKey* TenantState::FindGrant(std::string_view name) const {
  const auto found = grants_.find(name);
  return found == grants_.end() ? nullptr : &found->second;
}

bool TenantState::Sees(const ModelName& hosts) const {
  // A granted name only refers to the granted model.
  const bool by_name =
      policy().host_models == HostModels::kAll && FindGrant(hosts.text()) == nullptr;
  return by_name || std::ranges::any_of(
                        grants_, [&](const auto& grant) { return grant.second.name == hosts; });
}

std::vector<VisibleModel> VisibleModels(const TenantState& tenant, const Registry& registry) {
  const Placement placement = tenant.placement();
  std::map<std::string, ModelStatus> visible;
  // Earlier entries hide later ones, as in a lookup.
  for (ModelStatus& model : registry.List(tenant.scope(), placement)) {
    visible.try_emplace(model.key.name.text(), std::move(model));
  }
  for (const auto& [name, key] : tenant.grants()) {
    if (auto model = registry.Status(key, placement)) visible.try_emplace(name, *std::move(model));
  }
  if (tenant.policy().host_models == HostModels::kAll) {
    for (ModelStatus& model : registry.List(Scope::Host(), placement)) {
      // A granted name only refers to the granted model, even while that model does not exist.
      if (tenant.FindGrant(model.key.name.text()) != nullptr) continue;
      visible.try_emplace(model.key.name.text(), std::move(model));
    }
  }
  std::vector<VisibleModel> models;
  for (auto& [name, model] : visible) models.push_back({name, std::move(model)});
  return models;
}

Result<std::shared_ptr<const Tenant>> NewTenant(std::uint64_t id, TenantOptions options,
                                                const HostShare& host) {
  auto state = TenantState::Make(id, std::move(options), host);
  if (!state) return base::Fail(std::move(state));
  return std::make_shared<const Tenant>(*std::move(state));
}

}  // namespace namesake::view

namespace namesake {

Tenant::Tenant(std::unique_ptr<const view::TenantState> state) : state_(std::move(state)) {}
Tenant::~Tenant() = default;

const std::string& Tenant::name() const { return state_->name(); }
const Policy& Tenant::policy() const { return state_->policy(); }
const InstanceLimits& Tenant::instance_limits() const { return state_->instance_limits(); }
const Account& Tenant::account() const { return *state_->account(); }
Placement Tenant::placement() const { return state_->placement(); }

}  // namespace namesake
