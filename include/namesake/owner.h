// The owner of a model that the operator registers.
#ifndef NAMESAKE_OWNER_H_
#define NAMESAKE_OWNER_H_

#include <cstddef>
#include <memory>

#include "namesake/export.h"
#include "namesake/tenant.h"

namespace namesake {

// The host, whose models every granted tenant sees, or one tenant, whose models only that tenant
// sees. A value type: cheap to copy and safe to keep, as it pins the tenant.
//
//   auto shared = host.Register("a", model, LoadMode::kEager, Owner::Host());
//   auto own = host.Register("b", model, LoadMode::kEager, *acme);
class NAMESAKE_API Owner {
 public:
  static Owner Host() { return Owner(nullptr); }
  // Converts a tenant to the owner that it is.
  Owner(const Tenant& tenant) : tenant_(tenant.shared_from_this()) {}

  bool is_host() const { return tenant_ == nullptr; }
  // Must not be called for the host.
  const Tenant& tenant() const { return *tenant_; }

  friend bool operator==(const Owner&, const Owner&) = default;

 private:
  explicit Owner(std::nullptr_t) {}

  std::shared_ptr<const Tenant> tenant_{};
};

}  // namespace namesake

#endif  // NAMESAKE_OWNER_H_
