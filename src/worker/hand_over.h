// Lets an inference run on the processor of the thread that waits for it.
#ifndef NAMESAKE_WORKER_HAND_OVER_H_
#define NAMESAKE_WORKER_HAND_OVER_H_

#include <chrono>
#include <optional>

#include "base/processor_hold.h"

namespace namesake::worker {

// How long a context's inferences take, which tells whether the next one gains by a HandOver.
class Pace {
 public:
  // Asked once for each inference.
  bool GainsByHandOver() noexcept;
  // How long that took, from call to answer, and whether it was handed over. Not told of one that
  // failed.
  void Note(std::chrono::nanoseconds took, bool is_handed_over) noexcept;

 private:
  // Zero before the first.
  std::chrono::nanoseconds last_{};
  std::chrono::nanoseconds least_{};
  // How many inferences are not handed over, whatever they take.
  int free_ = 0;
};

// One inference in a worker, from before the call to after the answer. The message to the worker
// and its answer wake a thread each, whose sender sleeps right afterwards. The kernel nevertheless
// wakes it on another processor if one is idle, and must wake that up too: on a virtual machine,
// this takes longer than a small inference. So while only one thread has inferences, it and the
// worker's stay on one processor: this one until the answer is there, the worker's from its answer
// to the next message. With several, few processors are idle, and whatever waits for one must be
// free to move.
//
// Belongs to one thread.
class HandOver {
 public:
  // Only counts an inference that does not gain by it.
  explicit HandOver(bool gains) noexcept;
  HandOver(const HandOver&) = delete;
  HandOver& operator=(const HandOver&) = delete;
  ~HandOver();

  // The processor on which the worker's thread is to wait for its next message; empty for any.
  std::optional<unsigned> processor() const { return processor_; }

 private:
  std::optional<unsigned> processor_;
  std::optional<base::ProcessorHold> hold_;
};

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_HAND_OVER_H_
