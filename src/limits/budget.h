// Budgets and reservations.
//
// A reservation is taken before the work and given back when its owner ends, so that callers who
// race for the last slot can never exceed the limit. Safe for all threads, without locks.
#ifndef NAMESAKE_LIMITS_BUDGET_H_
#define NAMESAKE_LIMITS_BUDGET_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "namesake/error.h"

namespace namesake {

class Reservation;

class Budget : public std::enable_shared_from_this<Budget> {
 public:
  // `name` is the limit's name as configuration spells it, such as "max_models".
  static std::shared_ptr<Budget> Make(std::string name, std::optional<std::uint64_t> limit);

  // Takes `amount`, all of it or nothing. Errors: too_large, naming the limit.
  Result<Reservation> Reserve(std::uint64_t amount);

  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  const std::optional<std::uint64_t>& limit() const { return limit_; }

 private:
  friend class Reservation;

  Budget(std::string name, std::optional<std::uint64_t> limit)
      : name_(std::move(name)), limit_(limit) {}
  void Release(std::uint64_t amount) { used_.fetch_sub(amount, std::memory_order_relaxed); }

  const std::string name_;
  const std::optional<std::uint64_t> limit_;
  std::atomic<std::uint64_t> used_ = 0;
};

// A part of a budget; keeps the budget alive.
class Reservation {
 public:
  Reservation(Reservation&& other) noexcept
      : budget_(std::move(other.budget_)), amount_(std::exchange(other.amount_, 0)) {}
  Reservation& operator=(Reservation&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(amount_, other.amount_);
    return *this;
  }
  ~Reservation() {
    if (budget_ != nullptr) budget_->Release(amount_);
  }

 private:
  friend class Budget;
  Reservation(std::shared_ptr<Budget> budget, std::uint64_t amount)
      : budget_(std::move(budget)), amount_(amount) {}

  std::shared_ptr<Budget> budget_;
  std::uint64_t amount_;
};

}  // namespace namesake

#endif  // NAMESAKE_LIMITS_BUDGET_H_
