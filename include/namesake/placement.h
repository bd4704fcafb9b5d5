// For whom a graph is loaded, and for whom a context of it is made: one tenant, or the host, which
// stands for everyone.
//
// Whoever asks for a graph says so, and it is passed on to the backend, to which it is opaque: a
// backend that holds several graphs of one model tells them apart by it, and asks no more than
// whether two are the same. It gives nobody a right: policy is decided before.
#ifndef NAMESAKE_PLACEMENT_H_
#define NAMESAKE_PLACEMENT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace namesake {

class Placement {
 public:
  static Placement Host() { return Placement(std::nullopt); }
  // By the number of the tenant's scope.
  static Placement Tenant(std::uint64_t id) { return Placement(id); }

  friend bool operator==(const Placement&, const Placement&) = default;

 private:
  friend std::hash<Placement>;
  explicit Placement(std::optional<std::uint64_t> tenant) : tenant_(tenant) {}

  std::optional<std::uint64_t> tenant_;
};

}  // namespace namesake

template <>
struct std::hash<namesake::Placement> {
  std::size_t operator()(const namesake::Placement& placement) const noexcept {
    return std::hash<std::optional<std::uint64_t>>{}(placement.tenant_);
  }
};

#endif  // NAMESAKE_PLACEMENT_H_
