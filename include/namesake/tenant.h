// Tenants: the owners of guests, with what their guests may see and do, and how much.
#ifndef NAMESAKE_TENANT_H_
#define NAMESAKE_TENANT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "namesake/account.h"
#include "namesake/error.h"
#include "namesake/export.h"
#include "namesake/isolation.h"
#include "namesake/limits.h"
#include "namesake/placement.h"

namespace namesake {

// One of the host's models that a tenant may see.
struct Grant {
  std::string model;
  // The name that the model has for the tenant; empty for the model's own.
  std::string as{};

  const std::string& visible_name() const { return as.empty() ? model : as; }

  friend bool operator==(const Grant&, const Grant&) = default;
};

// Which of the host's models a tenant sees: only those granted, or all of them as well.
enum class HostModels : std::uint8_t { kGranted, kAll };
// Whether a guest may load a model from bytes.
enum class GuestLoad : std::uint8_t { kForbidden, kAllowed };
// Where a guest may register names for its own models: nowhere, in its own scope, or in its
// tenant's, where all the tenant's present and future instances see them.
enum class GuestRegister : std::uint8_t { kNo, kInstance, kTenant };

struct Policy {
  HostModels host_models = HostModels::kAll;
  std::vector<Grant> grants{};
  GuestLoad guest_load = GuestLoad::kAllowed;
  GuestRegister guest_register = GuestRegister::kNo;
  // The backend options that a guest may set for itself with `load_by_name_with_config`.
  std::set<std::string, std::less<>> guest_options{};

  friend bool operator==(const Policy&, const Policy&) = default;
};

struct TenantOptions {
  // The tenant's name in configuration and messages; unique among a host's tenants.
  std::string name{};
  Policy policy{};
  TenantLimits limits{};
  // For each of its instances, unless the view is given others.
  InstanceLimits instance_limits{};
  // Where the models that its guests use are loaded, unless a model says otherwise; empty for the
  // host's isolation.
  std::optional<Isolation> isolation{};

  friend bool operator==(const TenantOptions&, const TenantOptions&) = default;
};

namespace view {
class TenantState;
}

// A tenant of a host, made by `Host::AddTenant`. Immutable, safe for all threads, and shared by all
// its views. Pass a reference wherever one is needed: a callee that needs it for longer pins it.
class NAMESAKE_API Tenant : public std::enable_shared_from_this<Tenant> {
 public:
  // Called only by `Host::AddTenant`. A tenant is always owned by a shared_ptr.
  explicit Tenant(std::unique_ptr<const view::TenantState> state);
  ~Tenant();
  Tenant(const Tenant&) = delete;
  Tenant& operator=(const Tenant&) = delete;

  const std::string& name() const;
  const Policy& policy() const;
  // For instances whose view is given no others.
  const InstanceLimits& instance_limits() const;
  // The usage of the tenant's models and all its instances at the moment, and its limits.
  const Account& account() const;
  // The tenant as a user of models, and its isolation. Models that have no isolation of their own
  // are loaded in this placement, the host's too, and contexts are made in it.
  Placement placement() const;

  // For the layers of the host.
  const view::TenantState& state() const { return *state_; }

 private:
  std::unique_ptr<const view::TenantState> state_;
};

}  // namespace namesake

#endif  // NAMESAKE_TENANT_H_
