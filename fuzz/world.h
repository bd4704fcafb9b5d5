// The world of one fuzzed input: a registry with the operator's models, two tenants, and three
// views, two of them of one tenant. The input chooses the policies and limits, which are small.
#ifndef NAMESAKE_FUZZ_WORLD_H_
#define NAMESAKE_FUZZ_WORLD_H_

#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "backend_fake/fake_backend.h"
#include "namesake/account.h"
#include "namesake/registry.h"
#include "namesake/view.h"
#include "view/failure_log.h"
#include "view/tenant_state.h"

namespace namesake::fuzz {

inline constexpr std::size_t kViews = 3;
inline constexpr std::size_t kTenants = 2;
// The tenant of each view.
inline constexpr std::array<std::size_t, kViews> kTenantOfView = {0, 0, 1};

using Used = std::array<std::uint64_t, kResourceCount>;

// The kind of guests, which decides which limits can be chosen.
enum class GuestKind : std::uint8_t { kModules, kComponents };

// Everything that the accounts count at one moment.
struct Usage {
  std::array<Used, kViews> views{};
  std::array<Used, kTenants> tenants{};
  Used host{};
};

inline std::uint64_t At(const Used& used, Resource resource) {
  return used[static_cast<std::size_t>(resource)];
}

class World {
 public:
  World(FuzzedDataProvider& input, GuestKind guests);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  View& view(std::size_t i) const { return *views_[i]; }
  const Tenant& tenant(std::size_t i) const { return *tenants_[i]; }
  // The visible names of the operator's models that a tenant sees.
  const std::set<std::string>& visible(std::size_t tenant) const { return visible_[tenant]; }
  // How many models the operator has registered for the tenant itself.
  std::uint64_t operator_models(std::size_t tenant) const { return operator_models_[tenant]; }

  // Occurs in every detail of the backend's errors, and in the path of the host's copies. New for
  // each world, so that no input can contain it, whatever the fuzzer learns from comparisons: a
  // guest that reads it has read a detail.
  const std::string& secret() const { return secret_; }

  Usage usage() const;
  // At every level, no usage exceeds its limit, and the levels agree.
  void CheckAccounts() const;
  // Ends the views and removes what guests left; nothing of theirs remains.
  void CheckEnd();

 private:
  void AddTenants(FuzzedDataProvider& input, const view::HostShare& share);
  void AddOperatorModels(const std::shared_ptr<Account>& host);
  void Add(const Scope& scope, std::string_view name, std::string_view text, LoadMode load,
           const std::shared_ptr<Account>& account);
  void RemoveGuestNames();
  std::uint64_t ReadyBytes(const Scope& scope, const Placement& user, int& ready) const;
  // Sums over the host's models, in all placements.
  std::uint64_t HostsReadyBytes(int& ready) const;

  const std::string secret_;
  fake::Counters counters_;  // Outlives everything that the backend makes.
  std::shared_ptr<Registry> registry_;
  std::shared_ptr<view::FailureLog> failures_ = std::make_shared<view::FailureLog>();
  std::shared_ptr<Account> host_;
  std::vector<std::shared_ptr<const Tenant>> tenants_;
  std::array<std::uint64_t, kTenants> operator_models_{};
  std::uint64_t host_models_ = 0;
  std::array<std::set<std::string>, kTenants> visible_;
  std::vector<std::unique_ptr<View>> views_;
};

}  // namespace namesake::fuzz

#endif  // NAMESAKE_FUZZ_WORLD_H_
