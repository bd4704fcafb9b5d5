// Waits that end at a deadline.
#ifndef NAMESAKE_BASE_WAIT_H_
#define NAMESAKE_BASE_WAIT_H_

#include <condition_variable>
#include <mutex>

#include "namesake/deadline.h"

namespace namesake::base {

// Waits on `changed` until `done` returns true. Returns false if the deadline passes first.
// `Deadline::Never()` is waited for without a timer. The caller holds `lock`, and `done` runs under
// it.
template <typename Predicate>
bool WaitUntil(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
               Deadline deadline, const Predicate& done) {
  if (!deadline.never()) return changed.wait_until(lock, *deadline.when(), done);
  changed.wait(lock, done);
  return true;
}

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_WAIT_H_
