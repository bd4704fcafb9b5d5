// Tenants: whose guests they are, what they may see and do, and how much.
#ifndef NAMESAKE_TENANT_H_
#define NAMESAKE_TENANT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "namesake/account.h"
#include "namesake/error.h"
#include "namesake/export.h"
#include "namesake/limits.h"
#include "namesake/placement.h"

namespace namesake {

// One of the host's models that a tenant may see.
struct Grant {
  std::string model;
  // The name it has for the tenant; empty for its own.
  std::string as{};

  const std::string& visible_name() const { return as.empty() ? model : as; }

  friend bool operator==(const Grant&, const Grant&) = default;
};

// Which of the host's models a tenant sees: those granted, or all of them besides.
enum class HostModels : std::uint8_t { kGranted, kAll };
// Whether a guest may hand over a model as bytes.
enum class GuestLoad : std::uint8_t { kForbidden, kAllowed };
// Where a guest may give names to models of its own: nowhere, for itself alone, or for all the
// tenant's instances, those to come included.
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
  // What configuration and messages call it; unique among a host's tenants.
  std::string name{};
  Policy policy{};
  TenantLimits limits{};
  // For each of its instances, unless the view is given others.
  InstanceLimits instance_limits{};

  friend bool operator==(const TenantOptions&, const TenantOptions&) = default;
};

namespace view {
class TenantState;
}

// Made by `Host::AddTenant`; immutable, safe for all threads, shared by all its views. A reference
// to one is enough wherever one is asked for: what needs it for longer pins it.
class NAMESAKE_API Tenant : public std::enable_shared_from_this<Tenant> {
 public:
  // By `Host::AddTenant`, and never but in a shared pointer.
  explicit Tenant(std::unique_ptr<const view::TenantState> state);
  ~Tenant();
  Tenant(const Tenant&) = delete;
  Tenant& operator=(const Tenant&) = delete;

  const std::string& name() const;
  const Policy& policy() const;
  // For instances whose view is given no others.
  const InstanceLimits& instance_limits() const;
  // What the tenant's models and all its instances use at the moment, and its limits.
  const Account& account() const;
  // With which its models are loaded, and contexts made for it, also those of the host's graphs.
  Placement placement() const;

  // For the layers of the host.
  const view::TenantState& state() const { return *state_; }

 private:
  std::unique_ptr<const view::TenantState> state_;
};

}  // namespace namesake

#endif  // NAMESAKE_TENANT_H_
