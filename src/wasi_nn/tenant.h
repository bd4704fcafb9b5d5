// What stands behind the public name Tenant.
#ifndef NAMESAKE_WASI_NN_TENANT_H_
#define NAMESAKE_WASI_NN_TENANT_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "limits/compute_queue.h"
#include "namesake/account.h"
#include "namesake/registry.h"
#include "namesake/tenant.h"
#include "namesake/view.h"

namespace namesake {

// The limits of a level as its account keeps them.
AccountLimits ToAccountLimits(const HostLimits& limits);
AccountLimits ToAccountLimits(const TenantLimits& limits);
AccountLimits ToAccountLimits(const InstanceLimits& limits);

// An account with the tenant's limits and its name for messages.
std::shared_ptr<Account> NewTenantAccount(const TenantOptions& options,
                                          std::shared_ptr<Account> host);

using Timeout = std::optional<std::chrono::nanoseconds>;
// The shorter one; empty is the longest.
Timeout Shorter(Timeout one, Timeout other);

// What all tenants of a host share.
struct HostShare {
  HostLimits limits;
  std::shared_ptr<Account> account;
  std::shared_ptr<ComputeQueue> computes;
};

// Immutable; safe for all threads.
class Tenant {
 public:
  // `id` is unique among a host's tenants. Errors: invalid_argument for the tenant's name and for
  // its grants.
  static Result<std::shared_ptr<const Tenant>> Make(std::uint64_t id, TenantOptions options,
                                                    const HostShare& host);

  const std::string& name() const { return options_.name; }
  const Policy& policy() const { return options_.policy; }
  const InstanceLimits& instance_limits() const { return options_.instance_limits; }
  Scope scope() const { return Scope::Tenant(id_); }
  const std::shared_ptr<Account>& account() const { return account_; }
  ComputeQueue::Lane& computes() const { return *computes_; }
  // The tenant's or the host's, whichever is shorter.
  Timeout load_timeout() const { return load_timeout_; }
  Timeout compute_timeout() const { return compute_timeout_; }

  // The host's model that a name was granted for; null without such a grant. A tenant that sees all
  // of the host's models sees them by their own names besides.
  const ModelKey* FindGrant(std::string_view name) const;
  // By the name that is visible.
  const std::map<std::string, ModelKey, std::less<>>& grants() const { return grants_; }

 private:
  Tenant(std::uint64_t id, TenantOptions options, const HostShare& host);
  Result<void> AddGrants();

  const std::uint64_t id_;
  const TenantOptions options_;
  const std::shared_ptr<Account> account_;
  const std::shared_ptr<ComputeQueue::Lane> computes_;
  const Timeout load_timeout_;
  const Timeout compute_timeout_;
  std::map<std::string, ModelKey, std::less<>> grants_;
};

// The tenant's own models and what it is granted of the host's, by visible name, each name once.
std::vector<VisibleModel> VisibleModels(const Tenant& tenant, const Registry& registry);

}  // namespace namesake

#endif  // NAMESAKE_WASI_NN_TENANT_H_
