// Threads that load models, in lanes: loads of one lane wait for each other, and for no other
// lane's.
#ifndef NAMESAKE_REGISTRY_LOAD_THREADS_H_
#define NAMESAKE_REGISTRY_LOAD_THREADS_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "namesake/deadline.h"
#include "registry/in_use.h"

namespace namesake::registry {

// Thread-safe. A thread is begun and ended under its lane's lock or none. Destruction waits for the
// loads that run; those that wait for their turn are dropped.
class LoadThreads {
 public:
  // Must not throw.
  using Load = std::function<void()>;
  class Turn;

  LoadThreads() = default;
  ~LoadThreads();
  LoadThreads(const LoadThreads&) = delete;
  LoadThreads& operator=(const LoadThreads&) = delete;

  // Runs the turn's load on a thread of its own as soon as less than its `max_at_once` run in its
  // lane; once for each turn. Throws std::system_error when the system has no thread to give and
  // std::bad_alloc; the load is neither run nor kept then.
  void Start(const std::shared_ptr<Turn>& turn);

  // For a load that nobody waits for. True when it was waiting for its turn: it is dropped. Else
  // false: it goes on, and the next of the lane has its place.
  bool GiveUp(Turn& turn) noexcept;

  // Waits until no load runs; false when the deadline passes first.
  bool AwaitNone(Deadline deadline);

 private:
  using Turns = std::list<std::shared_ptr<Turn>>;
  using Threads = std::list<std::thread>;
  struct Lane {
    std::mutex mutex;
    // Guarded by mutex. While any wait, a thread has a use of the lane and looks for them when its
    // load has ended.
    std::uint64_t running = 0;  // Given up ones do not count.
    Turns waiting;

    bool idle() const { return running == 0 && waiting.empty(); }
  };
  using Lanes = InUse<const void*, Lane>;

  // The three below with the lane's mutex held.
  static bool MayRun(const Lane& lane, const Turn& turn) noexcept;
  void StartThread(Lane& lane, const std::shared_ptr<Turn>& turn);
  // As many of those waiting as may run and get a thread.
  void StartWaiting(Lane& lane) noexcept;

  // A thread: runs the load, then those that it finds waiting in the lane.
  void RunThread(Threads::iterator self, Lanes::Use lane, std::shared_ptr<Turn> turn) noexcept;
  // Ends `turn`, and begins the one that is returned; null for none.
  std::shared_ptr<Turn> Next(Lane& lane, Turn& turn) noexcept;
  void CountEnd() noexcept;
  static void DropWaiting(Lane& lane) noexcept;
  void EndThread(Threads::iterator self) noexcept;

  std::atomic<bool> ending_ = false;
  Lanes lanes_;
  // Taken after a lane's, for an instant.
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  std::uint64_t loading_ = 0;  // Threads with a load.
  Threads running_;
  Threads ended_;  // To be joined.
};

// One load's place in a lane, and its end. Thread-safe.
class LoadThreads::Turn {
 public:
  // Loads of one lane give the same `max_at_once`; where that is 0 one runs all the same, as a lane
  // that never moves would hang its callers. `lane` is an identity and never looked into.
  Turn(const void* lane, std::optional<std::uint64_t> max_at_once, Load load);

  // False when the deadline passes before the end. The load's place in its lane is free at the end,
  // and what the load held is let go.
  bool Await(Deadline deadline);
  // Tells who awaits it, where it is not the threads' to tell: of a load that was not run.
  void Tell() noexcept;

 private:
  friend class LoadThreads;
  enum class Stage : std::uint8_t {
    kNew,
    kWaiting,
    kRunning,
    kGivenUp,  // Running, out of its lane.
    kOver,     // Ended or dropped.
  };

  const void* const lane_;
  const std::optional<std::uint64_t> max_at_once_;
  Load load_;  // The thread's, and the lane's while it waits.
  // Guarded by the lane's mutex:
  Stage stage_ = Stage::kNew;
  Turns::iterator place_;  // While it waits.

  std::mutex mutex_;
  std::condition_variable changed_;
  bool has_ended_ = false;  // Guarded by mutex_.
};

}  // namespace namesake::registry

#endif  // NAMESAKE_REGISTRY_LOAD_THREADS_H_
