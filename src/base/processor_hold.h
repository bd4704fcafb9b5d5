// Keeps a thread on one processor for a while.
#ifndef NAMESAKE_BASE_PROCESSOR_HOLD_H_
#define NAMESAKE_BASE_PROCESSOR_HOLD_H_

#include <sched.h>

#include <optional>

namespace namesake::base {

// The processor that the calling thread is on, at this moment. Empty if the system doesn't say.
std::optional<unsigned> ThisProcessor() noexcept;

// Holds the calling thread on a processor until it is destroyed, on the same thread. Then the
// thread may run where it could before. Does nothing where the system does not allow it, and on
// systems with more processors than a cpu_set_t has room for.
class ProcessorHold {
 public:
  explicit ProcessorHold(unsigned processor) noexcept;
  ProcessorHold(const ProcessorHold&) = delete;
  ProcessorHold& operator=(const ProcessorHold&) = delete;
  ~ProcessorHold();

 private:
  // The thread's own affinity; empty if it is not held.
  std::optional<cpu_set_t> before_;
};

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_PROCESSOR_HOLD_H_
