// Decides which inferences run and which wait.
//
// A host runs `max_running` inferences at once, on `max_threads` threads together, and lets
// `max_queued` wait. Each tenant has a lane with the first and the last of these limits, within the
// host's. The rules keep one tenant from using up another's share:
//
// - Turns rotate between the lanes that have waiters; within a lane, whoever has waited longest is
//   next. A lane that runs as many as it may is skipped and keeps its position. So whatever others
//   do, a lane's next inference starts after those now running and at most one of each other lane.
// - Where threads are limited, the next turn is that of the lane whose inferences have had the
//   least time, each counted by its threads, from its start to its end: many short inferences weigh
//   as much as a few long ones. A lane that did nothing for a while has at most `kMostCredit` more
//   to get than the others.
// - An inference whose turn it is and that needs more threads than are free keeps the turn, and
//   nobody overtakes it but lanes that have had less. One that needs more than there are runs
//   alone.
// - `max_threads` is for those who share processors, and not to keep anybody out: an inference that
//   has run for `long_run` leaves its threads to those who wait, and goes on beside them. So what
//   never ends delays the others once, however many there are of it.
// - A lane's slots for waiters are its own. When they are full, a newcomer fails with busy.
// - The host's slots for waiters go to any newcomer while some are free. When they are full, a
//   newcomer displaces the newest waiter of the longest lane, if that lane has at least two more
//   waiters than its own. The displaced call fails with busy. So a tenant only gets busy here while
//   no other tenant has more than one waiter more than it has.
//
// An inference that neither the host nor its lane limits passes without a lock and is not counted.
// Where only the threads are limited, it takes a lock twice, for well under a microsecond.
#ifndef NAMESAKE_LIMITS_COMPUTE_QUEUE_H_
#define NAMESAKE_LIMITS_COMPUTE_QUEUE_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/alarm.h"
#include "namesake/deadline.h"
#include "namesake/error.h"

namespace namesake::limits {

inline constexpr std::chrono::milliseconds kLongRun{20};
// Counted as the time of one thread.
inline constexpr std::chrono::milliseconds kMostCredit{100};

struct QueueLimits {
  std::optional<std::uint64_t> max_running{};
  std::optional<std::uint64_t> max_queued{};
  // The host's alone.
  std::optional<std::uint64_t> max_threads{};
  std::chrono::nanoseconds long_run = kLongRun;
  // The clock; tests move one of their own.
  Deadline::Clock::time_point (*now)() = Deadline::Clock::now;
};

// A snapshot of one lane or of all lanes.
struct QueueCounts {
  std::uint64_t running = 0;
  std::uint64_t waiting = 0;
  // Threads in use; set only in the counts of all lanes.
  std::uint64_t threads = 0;

  friend bool operator==(const QueueCounts&, const QueueCounts&) = default;
};

// One per host. Safe for all threads.
class ComputeQueue : public std::enable_shared_from_this<ComputeQueue> {
 public:
  class Lane;
  class Permit;

  static std::shared_ptr<ComputeQueue> Make(const QueueLimits& limits);

  // The lane keeps its queue alive. `tenant` is for messages.
  std::shared_ptr<Lane> NewLane(std::string tenant, const QueueLimits& limits);

  QueueCounts counts() const;

 private:
  struct Waiter;
  struct Running {
    std::uint64_t threads;
    Deadline::Clock::time_point since{};
    // While its threads are counted.
    bool has_threads = false;
  };
  using Runs = std::list<Running>;

  explicit ComputeQueue(const QueueLimits& limits) : limits_(limits) {}

  // Why an inference can't wait.
  enum class Full : std::uint8_t { kNot, kLane, kHost };

  // All functions below need mutex_ held. They allocate nothing, and their time does not depend on
  // the number of waiters; MakePlaceFor and HandTurnsOn search the lanes.
  bool MayRun(const Lane& lane) const noexcept;
  bool HasThreads(std::uint64_t threads) const noexcept;
  // Whether a newcomer that may run would overtake one that waits for threads.
  bool WouldOvertake() const noexcept;
  // `run` has the inference alone.
  void Run(Lane& lane, Runs& run) noexcept;
  void LeaveThreads(Running& run) noexcept;
  Full MakePlaceFor(Lane& lane) noexcept;
  void Append(Lane& lane, Waiter& waiter) noexcept;
  void Remove(Lane& lane, Waiter& waiter) noexcept;
  // Gives free turns to waiters, so that nobody waits who may run.
  void HandTurnsOn() noexcept;

  // Needs the mutex held, as those above. The time of threads that the lane has had.
  std::chrono::nanoseconds UsageOf(const Lane& lane,
                                   Deadline::Clock::time_point now) const noexcept;
  // The lane whose turn it is; the end of lanes_ if none may run.
  std::list<Lane*>::iterator Next() noexcept;
  void Enliven(Lane& lane) noexcept;
  void Charge(Lane& lane, const Running& run) noexcept;
  std::uint64_t Counted(const Running& run) const noexcept;

  // Needs mutex_ free. Lets waiters have the threads of those that have run for long.
  void PassThreadsOn() noexcept;

  const QueueLimits limits_;
  mutable std::mutex mutex_;
  // Guarded by mutex_, as are the counts and waiters of all lanes.
  QueueCounts counts_;
  std::list<Lane*> lanes_;                // Those with waiters; the first is next.
  Runs runs_;                             // Those that run, in the order of their starts.
  std::chrono::nanoseconds most_used_{};  // Of any lane.
  const Deadline::Clock::time_point start_ = limits_.now();
  // Set while somebody waits. Last, because its thread uses the members above.
  base::AlarmClock clock_;
};

// A turn. Its destructor passes the turn on.
class ComputeQueue::Permit {
 public:
  Permit(Permit&&) noexcept = default;
  Permit& operator=(Permit&& other) noexcept {
    std::swap(lane_, other.lane_);
    run_.swap(other.run_);
    std::swap(place_, other.place_);
    return *this;
  }
  ~Permit();

 private:
  friend class Lane;
  // Passes without a turn.
  Permit() = default;
  Permit(std::shared_ptr<Lane> lane, Runs run, Runs::iterator place)
      : lane_(std::move(lane)), run_(std::move(run)), place_(place) {}

  std::shared_ptr<Lane> lane_;  // Null if nothing is limited.
  // The node of the inference, while it is not in the queue's list.
  Runs run_;
  Runs::iterator place_{};
};

// The lane of one tenant.
class ComputeQueue::Lane : public std::enable_shared_from_this<Lane> {
 public:
  // Blocks until it is the caller's turn, for an inference on that many threads; the caller keeps
  // the lane alive. Errors: busy, at once if it would have to wait and there is no slot, or later
  // if another lane displaced it; timeout if `deadline` passes first.
  Result<Permit> Enter(const Deadline& deadline, std::uint64_t threads = 1);

  QueueCounts counts() const;

 private:
  friend class ComputeQueue;

  Lane(std::shared_ptr<ComputeQueue> queue, std::string tenant, const QueueLimits& limits);
  // Needs the queue's mutex free. `run` has the inference alone.
  Result<void> AwaitTurn(const Deadline& deadline, Runs& run);
  Result<void> Await(const Deadline& deadline, Runs& run);
  // Needs the queue's mutex.
  bool TryRun(Runs& run) noexcept;
  Error IsFull() const;

  const std::shared_ptr<ComputeQueue> queue_;
  const std::string tenant_;
  const QueueLimits limits_;
  const bool unlimited_;  // Neither here nor by the host.
  // Guarded by queue_->mutex_.
  std::uint64_t running_ = 0;
  // The time of threads that ended inferences have had; the threads of those that run, and the sum
  // of their starts, each times its threads, since the queue's start.
  std::chrono::nanoseconds used_{};
  std::int64_t threads_ = 0;
  std::chrono::nanoseconds starts_{};
  std::list<Waiter*> waiters_;  // In order of arrival. They are in the frames of `Enter`.
  std::list<Lane*> node_;       // The node for the queue's lanes_ while there are waiters,
  const std::list<Lane*>::iterator place_ = node_.begin();  // and an iterator to it.
};

}  // namespace namesake::limits

#endif  // NAMESAKE_LIMITS_COMPUTE_QUEUE_H_
