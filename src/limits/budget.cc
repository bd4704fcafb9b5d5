#include "limits/budget.h"

#include <limits>

#include "base/fail.h"

namespace namesake {

std::shared_ptr<Budget> Budget::Make(std::string name, std::optional<std::uint64_t> limit) {
  return std::shared_ptr<Budget>(new Budget(std::move(name), limit));
}

Result<Reservation> Budget::Reserve(std::uint64_t amount) {
  const std::uint64_t limit = limit_.value_or(std::numeric_limits<std::uint64_t>::max());
  std::uint64_t used = used_.load(std::memory_order_relaxed);
  do {
    if (amount > limit - used) {
      return Fail(ErrorCode::kTooLarge, "the limit {} = {} is used up ({} in use, {} asked for)",
                  name_, limit, used, amount);
    }
  } while (!used_.compare_exchange_weak(used, used + amount, std::memory_order_relaxed));
  return Reservation(shared_from_this(), amount);
}

}  // namespace namesake
