// The user that a graph is loaded for, and that a context is made for: one tenant, or the host,
// which stands for everyone.
//
// Each request for a graph carries a placement, which is passed on to the backend. To a backend it
// is opaque: a backend that holds several graphs of one model tells them apart by placement, and
// only compares placements for equality. A placement grants no rights: policy is decided before.
#ifndef NAMESAKE_PLACEMENT_H_
#define NAMESAKE_PLACEMENT_H_

#include <cstddef>
#include <cstdint>
#include <functional>

#include "namesake/export.h"

namespace namesake {

class NAMESAKE_API Placement {
 public:
  static Placement Host() { return Placement(0); }
  // `id` is the number of the tenant's scope. It is below the largest value, as ids count up from
  // 0.
  static Placement Tenant(std::uint64_t id) { return Placement(id + 1); }

  friend bool operator==(const Placement&, const Placement&) = default;

 private:
  friend std::hash<Placement>;
  explicit Placement(std::uint64_t number) : number_(number) {}

  // A single word, as each registered model stores one: 0 for the host, otherwise the tenant's id +
  // 1.
  std::uint64_t number_;
};

}  // namespace namesake

template <>
struct std::hash<namesake::Placement> {
  std::size_t operator()(const namesake::Placement& placement) const noexcept {
    return std::hash<std::uint64_t>{}(placement.number_);
  }
};

#endif  // NAMESAKE_PLACEMENT_H_
