// Threads that load models. They end by themselves; destruction waits for those that run.
#ifndef NAMESAKE_REGISTRY_LOAD_THREADS_H_
#define NAMESAKE_REGISTRY_LOAD_THREADS_H_

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace namesake {

class LoadThreads {
 public:
  // Runs `load` on a thread of its own. Throws std::system_error when the system has none to give.
  void Run(std::function<void()> load) {
    const std::lock_guard lock(mutex_);
    threads_.remove_if([](const Thread& thread) { return thread.done.load(); });
    Thread& thread = threads_.emplace_back();
    try {
      thread.thread = std::jthread([&done = thread.done, load = std::move(load)] {
        load();
        done.store(true);
      });
    } catch (...) {
      threads_.pop_back();
      throw;
    }
  }

 private:
  struct Thread {
    std::atomic<bool> done = false;
    std::jthread thread;  // Last, so that it is joined before `done` ends.
  };

  std::mutex mutex_;
  std::list<Thread> threads_;  // Guarded by mutex_; a list keeps each `done` in place.
};

}  // namespace namesake

#endif  // NAMESAKE_REGISTRY_LOAD_THREADS_H_
