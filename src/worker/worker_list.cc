#include "worker/worker_list.h"

#include <optional>

#include "worker/worker.h"

namespace namesake::worker {

void WorkerList::Add(const std::shared_ptr<Worker>& worker) {
  const std::lock_guard lock(mutex_);
  workers_.push_back(worker);
}

std::vector<std::shared_ptr<Worker>> WorkerList::All() const {
  // Those whose last user this is end after unlocking.
  std::vector<std::shared_ptr<Worker>> all;
  std::vector<std::shared_ptr<Worker>> ended;
  const std::lock_guard lock(mutex_);
  std::erase_if(workers_, [&](const std::weak_ptr<Worker>& weak) {
    auto worker = weak.lock();
    if (worker == nullptr) return true;
    const bool has_ended = worker->ended();
    (has_ended ? ended : all).push_back(std::move(worker));
    return has_ended;
  });
  return all;
}

std::vector<WorkerStatus> WorkerList::Statuses() const {
  std::vector<WorkerStatus> statuses;
  for (const auto& worker : All()) statuses.push_back(worker->Status());
  return statuses;
}

bool WorkerList::RetireOne(std::string_view owner) {
  std::shared_ptr<Worker> oldest;
  std::optional<std::chrono::steady_clock::time_point> since;
  for (const auto& worker : All()) {
    if (!owner.empty() && worker->Status().owner != owner) continue;
    const auto idle = worker->IdleSince();
    if (!idle || (since && *since <= *idle)) continue;
    oldest = worker;
    since = idle;
  }
  return oldest != nullptr && oldest->Retire();
}

void WorkerList::RetireIdleSince(std::chrono::steady_clock::time_point time) {
  for (const auto& worker : All()) {
    const auto idle = worker->IdleSince();
    if (idle && *idle < time) worker->Retire();
  }
}

}  // namespace namesake::worker
