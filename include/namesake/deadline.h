// A point on the monotonic clock after which a caller no longer wants to wait.
#ifndef NAMESAKE_DEADLINE_H_
#define NAMESAKE_DEADLINE_H_

#include <chrono>
#include <optional>

#include "namesake/export.h"

namespace namesake {

// Immutable. `Never()` is a value of its own rather than a distant point in time, so that code can
// tell when it needs no timer.
class NAMESAKE_API Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  static Deadline Never() { return Deadline(std::nullopt); }
  static Deadline At(Clock::time_point when) { return Deadline(when); }
  // `Never()` if the clock does not reach that far, which is 292 years.
  static Deadline After(std::chrono::nanoseconds duration) {
    const Clock::time_point now = Clock::now();
    if (duration > Clock::time_point::max() - now) return Never();
    return Deadline(now + duration);
  }
  // `Never()` without a duration, otherwise `After(*duration)`.
  static Deadline AfterIf(std::optional<std::chrono::nanoseconds> duration) {
    return duration ? After(*duration) : Never();
  }

  // Returns the deadline that passes first.
  static Deadline Earlier(Deadline one, Deadline other) {
    if (one.never()) return other;
    return other.never() || *one.when_ <= *other.when_ ? one : other;
  }

  bool never() const { return !when_.has_value(); }
  bool passed() const { return when_ && Clock::now() >= *when_; }
  // Empty for `Never()`.
  const std::optional<Clock::time_point>& when() const { return when_; }

 private:
  explicit Deadline(std::optional<Clock::time_point> when) : when_(when) {}

  std::optional<Clock::time_point> when_;
};

}  // namespace namesake

#endif  // NAMESAKE_DEADLINE_H_
