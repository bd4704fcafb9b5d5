// Threads that load models, in lanes: a load only waits for others of its lane.
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
#include <utility>

#include "namesake/deadline.h"
#include "namesake/placement.h"
#include "registry/in_use.h"

namespace namesake::registry {

// Thread-safe. Holds no lock except the lane's while a thread starts or ends. Destruction waits for
// running loads and drops those that wait for their turn.
class LoadThreads {
 public:
  // The account whose loads take turns, which is only an identity and never dereferenced, and where
  // they load: a slow worker delays only its own user.
  using LaneId = std::pair<const void*, Placement>;
  // Must not throw.
  using Load = std::function<void()>;
  class Turn;

  LoadThreads() = default;
  ~LoadThreads();
  LoadThreads(const LoadThreads&) = delete;
  LoadThreads& operator=(const LoadThreads&) = delete;

  // Runs the turn's load on its own thread once fewer than `max_at_once` run in its lane. To be
  // called once per turn. Throws std::system_error if no thread can be started, and std::bad_alloc;
  // the load is then neither run nor kept.
  void Start(const std::shared_ptr<Turn>& turn);

  // For a load that nobody waits for. If it has not started, drops it and returns true. Otherwise
  // returns false: it continues, but frees its slot for the next load of the lane.
  bool GiveUp(Turn& turn) noexcept;

  // Waits until no load runs; returns false if the deadline passes first.
  bool AwaitNone(Deadline deadline);

 private:
  using Turns = std::list<std::shared_ptr<Turn>>;
  using Threads = std::list<std::thread>;
  struct Lane {
    std::mutex mutex;
    // Guarded by mutex. While any turns wait, some thread uses the lane, and looks for them when
    // its load ends.
    std::uint64_t running = 0;  // Without abandoned loads.
    Turns waiting;

    bool idle() const { return running == 0 && waiting.empty(); }
  };
  using Lanes = InUse<LaneId, Lane>;

  // The three functions below need the lane's mutex held.
  static bool MayRun(const Lane& lane, const Turn& turn) noexcept;
  void StartThread(Lane& lane, const std::shared_ptr<Turn>& turn);
  // Starts all waiting turns that may run and get a thread.
  void StartWaiting(Lane& lane) noexcept;

  // A thread: runs the load, then the loads waiting in its lane.
  void RunThread(Threads::iterator self, Lanes::Use lane, std::shared_ptr<Turn> turn) noexcept;
  // Ends `turn`, and starts and returns the next one; null if there is none.
  std::shared_ptr<Turn> Next(Lane& lane, Turn& turn) noexcept;
  void CountEnd() noexcept;
  static void DropWaiting(Lane& lane) noexcept;
  void EndThread(Threads::iterator self) noexcept;

  std::atomic<bool> ending_ = false;
  Lanes lanes_;
  // Taken after a lane's mutex, for an instant.
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  std::uint64_t loading_ = 0;  // The number of threads with a load.
  Threads running_;
  Threads ended_;  // To be joined.
};

// The position of one load in its lane, and its end. Thread-safe.
class LoadThreads::Turn {
 public:
  // All loads of a lane pass the same `max_at_once`. With 0, one load runs nevertheless, because
  // callers of a lane that never moves would hang.
  Turn(const LaneId& lane, std::optional<std::uint64_t> max_at_once, Load load);

  // Waits for the end; returns false if the deadline passes first. At the end, the load's slot in
  // its lane is free and what the load held has been released.
  bool Await(Deadline deadline);
  // Signals the end of a load that was not run; for other loads, the threads do.
  void Tell() noexcept;

 private:
  friend class LoadThreads;
  enum class Stage : std::uint8_t {
    kNew,
    kWaiting,
    kRunning,
    kGivenUp,  // Running, but outside its lane.
    kOver,     // Ended or dropped.
  };

  const LaneId lane_;
  const std::optional<std::uint64_t> max_at_once_;
  Load load_;  // Owned by the thread, or by the lane while waiting.
  // Guarded by the lane's mutex:
  Stage stage_ = Stage::kNew;
  Turns::iterator place_;  // Valid while waiting.

  std::mutex mutex_;
  std::condition_variable changed_;
  bool has_ended_ = false;  // Guarded by mutex_.
};

}  // namespace namesake::registry

#endif  // NAMESAKE_REGISTRY_LOAD_THREADS_H_
