// A tenant's state, for the layers of the host.
#ifndef NAMESAKE_VIEW_TENANT_STATE_H_
#define NAMESAKE_VIEW_TENANT_STATE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "limits/account_limits.h"
#include "limits/compute_queue.h"
#include "namesake/account.h"
#include "namesake/registry.h"
#include "namesake/tenant.h"
#include "namesake/view.h"

namespace namesake::view {

// Makes an account with the tenant's limits, and its name for messages.
std::shared_ptr<Account> NewTenantAccount(const TenantOptions& options,
                                          std::shared_ptr<Account> host);

// Shared by all tenants of a host.
struct HostShare {
  HostLimits limits;
  Isolation isolation = kDefaultIsolation;
  std::shared_ptr<Account> account;
  std::shared_ptr<limits::ComputeQueue> computes;
};

// Immutable but for whether it has begun; safe for all threads.
class TenantState {
 public:
  // Errors: as for NewTenant.
  static Result<std::unique_ptr<const TenantState>> Make(std::uint64_t id, TenantOptions options,
                                                         const HostShare& host);

  const std::string& name() const { return options_.name; }
  const Policy& policy() const { return options_.policy; }
  const InstanceLimits& instance_limits() const { return options_.instance_limits; }
  Scope scope() const { return Scope::Tenant(id_); }
  Placement placement() const { return Placement::Tenant(id_, isolation_); }
  const std::shared_ptr<Account>& account() const { return account_; }
  limits::ComputeQueue::Lane& computes() const { return *computes_; }
  // The shorter of the tenant's and the host's.
  limits::Timeout load_timeout() const { return load_timeout_; }
  limits::Timeout inference_timeout() const { return inference_timeout_; }

  // Returns the host's model granted under a name; null if there is no such grant. A tenant that
  // sees all of the host's models also sees them by their own names.
  const ModelKey* FindGrant(std::string_view name) const;
  // By visible name.
  const std::map<std::string, ModelKey, std::less<>>& grants() const { return grants_; }
  // Whether the tenant sees the host's model of that name, under any name.
  bool Sees(const ModelName& hosts) const;

  // A tenant begins to work with its first view. Begin returns whether this call is the first.
  bool Begin() const { return !has_begun() && !has_begun_.exchange(true); }
  bool has_begun() const { return has_begun_; }

 private:
  TenantState(std::uint64_t id, TenantOptions options, const HostShare& host);
  Result<void> AddGrants();

  const std::uint64_t id_;
  const TenantOptions options_;
  const Isolation isolation_;
  const std::shared_ptr<Account> account_;
  const std::shared_ptr<limits::ComputeQueue::Lane> computes_;
  const limits::Timeout load_timeout_;
  const limits::Timeout inference_timeout_;
  std::map<std::string, ModelKey, std::less<>> grants_;
  mutable std::atomic<bool> has_begun_ = false;
};

// `id` must be unique among a host's tenants. Errors: invalid_argument for the tenant's name or its
// grants.
Result<std::shared_ptr<const Tenant>> NewTenant(std::uint64_t id, TenantOptions options,
                                                const HostShare& host);

// Lists the tenant's own models and the host's models that it sees, by visible name, each name
// once, as they are for the tenant.
std::vector<VisibleModel> VisibleModels(const TenantState& tenant, const Registry& registry);

}  // namespace namesake::view

#endif  // NAMESAKE_VIEW_TENANT_STATE_H_
