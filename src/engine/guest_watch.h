// Stops guests whose time is up, and those that were asked to stop.
#ifndef NAMESAKE_ENGINE_GUEST_WATCH_H_
#define NAMESAKE_ENGINE_GUEST_WATCH_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <wasmtime.hh>

#include "namesake/deadline.h"
#include "namesake/error.h"

namespace namesake::engine {

// One thread for all guests of an engine, begun with the first one that may be stopped. It sleeps
// until a guest is due and then moves the engine's epoch on. Every guest of the engine notices
// that, and each asks whether it is due itself; so nothing here ends another guest.
//
// A guest that waits within a host call does not notice. `on_overdue` is then the way out: it is
// called once, on the watch's thread, when the guest has not ended `grace` after it was due.
//
// Thread-safe. Outlives its guests.
class GuestWatch {
 public:
  struct Guest {
    Deadline deadline = Deadline::Never();
    std::stop_token stop{};
    std::chrono::nanoseconds grace{};
    std::function<void()> on_overdue{};  // May be empty. Must not throw.
  };
  // A guest that runs, until this ends; which waits for an `on_overdue` that is running.
  class Watching;

  explicit GuestWatch(const wasmtime::Engine& engine) : engine_(engine) {}
  ~GuestWatch();
  GuestWatch(const GuestWatch&) = delete;
  GuestWatch& operator=(const GuestWatch&) = delete;

  // Null for a guest that is never due. Errors: runtime_error when no thread can be had.
  Result<std::unique_ptr<Watching>> Begin(Guest guest);

 private:
  using Time = Deadline::Clock::time_point;
  struct Entry {
    Guest guest;
    Time begun{};
    bool asked_to_stop = false;
    Time due{};  // Set when it is due.
    bool is_due = false;
    bool told = false;
  };
  using Entries = std::list<Entry>;

  void Run();
  // All below with the mutex held.
  Result<void> StartThread();
  void MarkDue(Time now);
  Time NextWake(Time now) const;
  void TellOverdue(Time now, std::unique_lock<std::mutex>& lock);

  wasmtime::Engine engine_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  Entries entries_;
  const Entry* telling_ = nullptr;  // The one whose `on_overdue` is running.
  Time wake_ = Time::max();  // When the thread looks next; a guest that is due later wakes nobody.
  bool ending_ = false;
  std::thread thread_;  // Joined by the destructor.
};

class GuestWatch::Watching {
 public:
  Watching(GuestWatch& watch, Entries::iterator entry);
  ~Watching();
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;

 private:
  struct Ask {
    GuestWatch& watch;
    Entries::iterator entry;
    void operator()() const noexcept;
  };

  GuestWatch& watch_;
  Entries::iterator entry_;
  std::optional<std::stop_callback<Ask>> on_stop_;
};

}  // namespace namesake::engine

#endif  // NAMESAKE_ENGINE_GUEST_WATCH_H_
