#include "worker/strikes.h"

#include <algorithm>
#include <cmath>

#include "base/fail.h"

namespace namesake::worker {
namespace {

constexpr std::chrono::seconds kForget{60};
constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::seconds kLongestPause{60};

// The first one costs nothing: a fresh worker may do better.
std::chrono::nanoseconds PauseAfter(int count) {
  if (count < 2) return std::chrono::nanoseconds(0);
  std::chrono::nanoseconds pause = kFirstPause;
  for (int i = 2; i < count && pause < kLongestPause; ++i) pause *= 4;
  return std::min<std::chrono::nanoseconds>(pause, kLongestPause);
}

}  // namespace

int Strikes::Add(Clock::time_point began) {
  const std::lock_guard lock(mutex_);
  if (count_ > 0 && began < last_) return count_;
  const auto now = Clock::now();
  if (now - last_ > kForget) count_ = 0;
  ++count_;
  last_ = now;
  any_ = true;
  return count_;
}

bool Strikes::any() const {
  if (!any_) return false;
  const std::lock_guard lock(mutex_);
  return Clock::now() - last_ <= kForget;
}

Result<void> Strikes::Check() const {
  if (!any_) return {};
  const std::lock_guard lock(mutex_);
  const auto left = last_ + PauseAfter(count_) - Clock::now();
  if (left.count() <= 0) return {};
  const double seconds = std::chrono::duration<double>(left).count();
  return base::Fail(ErrorCode::kRuntimeError,
                    "the model has ended its worker {} times: it may run again in {:.1f} s", count_,
                    std::ceil(seconds * 10) / 10);
}

}  // namespace namesake::worker
