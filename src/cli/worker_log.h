// Records the ends of a command's workers, for `namesake workers`.
#ifndef NAMESAKE_CLI_WORKER_LOG_H_
#define NAMESAKE_CLI_WORKER_LOG_H_

#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "namesake/worker_status.h"

namespace namesake::cli {

// Thread-safe.
class WorkerLog : public WorkerObserver {
 public:
  using Clock = std::chrono::steady_clock;
  struct Ended {
    Clock::time_point when;
    WorkerEnd end;
  };

  void OnEnded(const WorkerEnd& end) override;
  void OnVerdict(const WorkerVerdict& verdict) override;

  // The last ones, oldest first.
  std::vector<Ended> ends() const;
  // All verdicts, counted by whose they were, the model and the backend.
  std::vector<WorkerVerdict> verdicts() const;

 private:
  // Tenants could fill any memory with the ends of their workers.
  static constexpr std::size_t kMostEnds = 64;
  static constexpr std::size_t kMostVerdicts = 1024;
  using Whose = std::tuple<std::string, std::string, std::string>;

  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::deque<Ended> ends_;
  std::map<Whose, int> verdicts_;
};

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_WORKER_LOG_H_
