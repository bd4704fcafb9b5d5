// How often something has ended workers lately.
#ifndef NAMESAKE_WORKER_STRIKES_H_
#define NAMESAKE_WORKER_STRIKES_H_

#include <atomic>
#include <chrono>
#include <mutex>

#include "namesake/error.h"

namespace namesake::worker {

// The verdicts on one model of one user's. Thread-safe.
class Strikes {
 public:
  using Clock = std::chrono::steady_clock;

  // Counts a verdict on what began at `began`, and returns how many there were lately. Those that
  // ran at the same time count once.
  int Add(Clock::time_point began);
  // Whether there was any lately.
  bool any() const;
  // Fails while the model must wait. Errors: runtime_error, with the time that is left.
  Result<void> Check() const;

 private:
  // Most never have one.
  std::atomic<bool> any_ = false;
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  int count_ = 0;
  Clock::time_point last_{};
};

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_STRIKES_H_
