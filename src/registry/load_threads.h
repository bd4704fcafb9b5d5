// Threads that load models, in lanes: loads of one lane wait for each other, and for no other
// lane's.
#ifndef NAMESAKE_REGISTRY_LOAD_THREADS_H_
#define NAMESAKE_REGISTRY_LOAD_THREADS_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace namesake {

// Destruction waits for the loads that run; those that wait for their turn are dropped.
class LoadThreads {
 public:
  using Load = std::function<void()>;

  LoadThreads() = default;
  ~LoadThreads();
  LoadThreads(const LoadThreads&) = delete;
  LoadThreads& operator=(const LoadThreads&) = delete;

  // Runs `load`, which must not throw, on a thread of its own as soon as less than `max_at_once`
  // run in `lane`. `lane` is an identity and never looked into. Throws std::system_error when the
  // system has no thread to give.
  void Run(const void* lane, std::optional<std::uint64_t> max_at_once, Load load);

 private:
  struct Lane {
    std::uint64_t running = 0;
    std::deque<Load> waiting;
  };
  struct Thread {
    std::atomic<bool> done = false;
    std::jthread thread;  // Last, so that it is joined before `done` ends.
  };

  // Runs `load` and then whatever waits in the lane.
  void Drain(const void* lane, Load load);
  // Empty when nothing waits; the lane has a thread less then.
  std::optional<Load> Next(const void* lane);

  std::mutex mutex_;
  // Guarded by mutex_:
  bool ending_ = false;
  std::map<const void*, Lane> lanes_;  // Those with a thread.
  std::list<Thread> threads_;          // A list keeps each `done` in place.
};

}  // namespace namesake

#endif  // NAMESAKE_REGISTRY_LOAD_THREADS_H_
