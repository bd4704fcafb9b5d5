// The user that a graph is loaded for and that a context is made for (one tenant, or the host), and
// the isolation: whether that happens in the host's process or in a worker of the host's, which all
// users share, or in a worker of the user's own.
//
// Each request for a graph carries a placement, which is passed on to the backend. All placements
// in the host's process are equal, since one graph there serves everyone, and so are all in a
// worker of the host's; with isolation by tenant they differ by user. To a backend a placement is
// opaque: a backend that holds several graphs of one model tells them apart by placement, and only
// compares placements for equality. A placement grants no rights: policy is decided before.
#ifndef NAMESAKE_PLACEMENT_H_
#define NAMESAKE_PLACEMENT_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "namesake/export.h"
#include "namesake/isolation.h"

namespace namesake {

class NAMESAKE_API Placement {
 public:
  static Placement Host(Isolation isolation = Isolation::kProcess) { return {0, isolation}; }
  // `id` is the number of the tenant's scope. It is below 2^62 - 1, as ids count up from 0.
  static Placement Tenant(std::uint64_t id, Isolation isolation = Isolation::kProcess) {
    return {id + 1, isolation};
  }

  Isolation isolation() const { return static_cast<Isolation>(word_ & kIsolationMask); }
  // Returns the placement of the same user with that isolation.
  Placement with(Isolation isolation) const { return {word_ >> kIsolationBits, isolation}; }
  // Whether the user is the host.
  bool is_host() const { return word_ >> kIsolationBits == 0; }

  friend bool operator==(const Placement& one, const Placement& other) {
    return one.identity() == other.identity();
  }
  // An order for sorted containers, without a meaning.
  friend std::strong_ordering operator<=>(const Placement& one, const Placement& other) {
    return one.identity() <=> other.identity();
  }

 private:
  friend std::hash<Placement>;
  static constexpr unsigned kIsolationBits = 2;
  static constexpr std::uint64_t kIsolationMask = (1U << kIsolationBits) - 1;

  Placement(std::uint64_t user, Isolation isolation)
      : word_(user << kIsolationBits | static_cast<std::uint64_t>(isolation)) {}

  // Equal for equal placements: the user does not matter where one graph serves all.
  std::uint64_t identity() const {
    return ServesAll(isolation()) ? static_cast<std::uint64_t>(isolation()) : word_;
  }

  // A single word, as each registered model stores one: the user (0 for the host, otherwise the
  // tenant's id + 1), then two bits for the isolation.
  std::uint64_t word_;
};

}  // namespace namesake

template <>
struct std::hash<namesake::Placement> {
  std::size_t operator()(const namesake::Placement& placement) const noexcept {
    return std::hash<std::uint64_t>{}(placement.identity());
  }
};

#endif  // NAMESAKE_PLACEMENT_H_
