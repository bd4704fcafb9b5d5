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

#include "namesake/export.h"

namespace namesake {

class NAMESAKE_API Placement {
 public:
  static Placement Host() { return Placement(0); }
  // By the number of the tenant's scope: below the largest, as it is counted up from 0.
  static Placement Tenant(std::uint64_t id) { return Placement(id + 1); }

  friend bool operator==(const Placement&, const Placement&) = default;

 private:
  friend std::hash<Placement>;
  explicit Placement(std::uint64_t number) : number_(number) {}

  // One word, as each registered model keeps its own: 0 for the host, else 1 above the tenant's.
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
