#include "worker/hand_over.h"

#include <algorithm>
#include <atomic>

namespace namesake::worker {
namespace {

// A shorter one would not gain what the calls of the system take, and a longer one gains too little
// for what it costs if something else comes to run on the processor.
constexpr std::chrono::microseconds kShortest{40};
constexpr std::chrono::milliseconds kLongest{20};
// One that takes so much longer than the shortest may have waited for its processor, which a
// scheduler gives to others for some milliseconds. The next ones are free to leave it.
constexpr int kLateTimes = 2;
constexpr std::chrono::milliseconds kLateBy{1};
constexpr int kFreeAfterLate = 4;

// In all workers of this process, since all compete for the same processors.
std::atomic<int> under_way = 0;
// Its address identifies a thread.
thread_local const char this_thread = 0;
std::atomic<const char*> last_thread = nullptr;

// Whether no other thread has an inference under way, or has begun one since this thread did.
bool IsAlone() noexcept {
  const bool is_only = under_way.fetch_add(1) == 0;
  return last_thread.exchange(&this_thread) == &this_thread && is_only;
}

}  // namespace

bool Pace::GainsByHandOver() noexcept {
  if (free_ == 0) return last_ >= kShortest && last_ <= kLongest;
  --free_;
  return false;
}

void Pace::Note(std::chrono::nanoseconds took, bool is_handed_over) noexcept {
  if (is_handed_over && took > std::max(kLateTimes * least_, least_ + kLateBy)) {
    free_ = kFreeAfterLate;
  }
  least_ = last_ == std::chrono::nanoseconds::zero() ? took : std::min(least_, took);
  last_ = took;
}

HandOver::HandOver(bool gains) noexcept {
  if (!IsAlone() || !gains) return;
  processor_ = base::ThisProcessor();
  if (processor_) hold_.emplace(*processor_);
}

HandOver::~HandOver() { --under_way; }

}  // namespace namesake::worker
