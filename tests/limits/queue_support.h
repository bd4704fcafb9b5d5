// Shorthands for tests of the queue of inferences.
#ifndef NAMESAKE_TESTS_LIMITS_QUEUE_SUPPORT_H_
#define NAMESAKE_TESTS_LIMITS_QUEUE_SUPPORT_H_

#include <chrono>
#include <string>

#include "limits/compute_queue.h"
#include "namesake/deadline.h"

namespace namesake::test {

using Lane = limits::ComputeQueue::Lane;
using Permit = limits::ComputeQueue::Permit;

inline const std::string kTimedOut = "the deadline passed while the inference waited for its turn";

inline Deadline Passed() { return Deadline::After(std::chrono::nanoseconds(-1)); }
// Far enough that a waiter without a turn fails instead of hanging.
inline Deadline Patient() { return Deadline::After(std::chrono::seconds(20)); }

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_LIMITS_QUEUE_SUPPORT_H_
