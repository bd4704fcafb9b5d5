// Stops guests that exceed their time or were asked to stop.
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

// One thread for all guests of an engine, started with the first guest that can be stopped. It
// sleeps until a guest is due and then advances the engine's epoch. All guests of the engine notice
// that, and each checks whether it is due, so others are not stopped.
//
// A guest that waits in a host call does not notice. For that case, the watch's thread calls
// `on_overdue` once, if the guest has not ended `grace` after it was due.
//
// Thread-safe. Must outlive its guests.
class GuestWatch {
 public:
  struct Guest {
    Deadline deadline = Deadline::Never();
    std::stop_token stop{};
    std::chrono::nanoseconds grace{};
    std::function<void()> on_overdue{};  // May be empty. Must not throw.
  };
  // A running guest. The destructor ends the watch, and waits for a running `on_overdue`.
  class Watching;

  explicit GuestWatch(const wasmtime::Engine& engine) : engine_(engine) {}
  ~GuestWatch();
  GuestWatch(const GuestWatch&) = delete;
  GuestWatch& operator=(const GuestWatch&) = delete;

  // Null for a guest that is never due. Errors: runtime_error if no thread can be started.
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
  // All functions below need the mutex held.
  Result<void> StartThread();
  void MarkDue(Time now);
  Time NextWake(Time now) const;
  void TellOverdue(Time now, std::unique_lock<std::mutex>& lock);

  wasmtime::Engine engine_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  Entries entries_;
  const Entry* telling_ = nullptr;  // The entry whose `on_overdue` is running.
  Time wake_ = Time::max();         // The next wake-up; a guest due later wakes nobody.
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
