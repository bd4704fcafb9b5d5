// The workers of a host's users, of whatever backend.
#ifndef NAMESAKE_WORKER_WORKER_LIST_H_
#define NAMESAKE_WORKER_WORKER_LIST_H_

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "namesake/worker_status.h"

namespace namesake::worker {

class Worker;

// Thread-safe.
class WorkerList {
 public:
  // `observer` may be null.
  explicit WorkerList(std::shared_ptr<WorkerObserver> observer = nullptr)
      : observer_(std::move(observer)) {}

  void Add(const std::shared_ptr<Worker>& worker);
  // Those that have not ended, in the order of their starts.
  std::vector<std::shared_ptr<Worker>> All() const;
  std::vector<WorkerStatus> Statuses() const;

  // Ends the worker that has been idle for longest, of that owner or, for an empty name, of
  // anybody. Returns whether there was one.
  bool RetireOne(std::string_view owner);
  // Ends those that have been idle since before that time.
  void RetireIdleSince(std::chrono::steady_clock::time_point time);

  // Null for none.
  WorkerObserver* observer() const { return observer_.get(); }

 private:
  const std::shared_ptr<WorkerObserver> observer_;
  mutable std::mutex mutex_;
  mutable std::vector<std::weak_ptr<Worker>> workers_;  // Guarded by mutex_.
};

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_WORKER_LIST_H_
