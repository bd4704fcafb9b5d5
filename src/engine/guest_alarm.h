// Stops a guest whose time is up.
#ifndef NAMESAKE_ENGINE_GUEST_ALARM_H_
#define NAMESAKE_ENGINE_GUEST_ALARM_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <wasmtime.hh>

#include "namesake/deadline.h"
#include "namesake/error.h"

namespace namesake::engine {

// While a guest runs: a thread that sleeps until the guest's deadline and then moves the engine's
// epoch on. Every guest of the engine notices that, and each asks the clock whether its own time is
// up; so an alarm ends no other guest.
//
// A guest that waits within a host call does not notice. `on_overdue` is then the way out: it is
// called once, on the alarm's thread, when the guest has not ended `grace` after its deadline.
class GuestAlarm {
 public:
  struct Options {
    Deadline deadline;  // Not `Never()`.
    std::chrono::nanoseconds grace;
    std::function<void()> on_overdue;  // May be empty. Must not throw.
  };

  // Errors: runtime_error when no thread can be had.
  static Result<std::unique_ptr<GuestAlarm>> Start(const wasmtime::Engine& engine, Options options);

  // The guest has ended. Waits for an `on_overdue` that is running.
  ~GuestAlarm() = default;
  GuestAlarm(const GuestAlarm&) = delete;
  GuestAlarm& operator=(const GuestAlarm&) = delete;

 private:
  GuestAlarm(const wasmtime::Engine& engine, Options options);

  void Watch(const std::stop_token& stop);
  // False when it was stopped before.
  bool SleepUntil(Deadline::Clock::time_point when, const std::stop_token& stop);

  wasmtime::Engine engine_;
  const Options options_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;  // Stops are all that it is told of.
  std::jthread thread_;                  // Last, as it uses the others.
};

}  // namespace namesake::engine

#endif  // NAMESAKE_ENGINE_GUEST_ALARM_H_
