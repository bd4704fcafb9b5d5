// The workers of one backend.
#ifndef NAMESAKE_WORKER_FLEET_H_
#define NAMESAKE_WORKER_FLEET_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "namesake/account.h"
#include "namesake/compiled_cache.h"
#include "namesake/model.h"
#include "namesake/placement.h"
#include "worker/slabs.h"
#include "worker/user.h"
#include "worker/watch.h"
#include "worker/worker.h"

namespace namesake::worker {

struct FleetOptions {
  std::string backend{};
  std::filesystem::path program{};
  std::vector<Encoding> encodings{};
  std::vector<std::string> option_keys{};
  bool best_effort = false;
  std::vector<std::filesystem::path> devices{};
  // Whether a worker that is nobody's is kept ready once there have been others.
  bool keeps_spare = false;
  // The control group for the workers' own; empty for none.
  std::filesystem::path control_group{};
  std::chrono::nanoseconds grace = std::chrono::seconds(2);
};

// Thread-safe; always owned by a shared_ptr. Starts nothing before the first call.
class Fleet : public std::enable_shared_from_this<Fleet> {
 public:
  explicit Fleet(FleetOptions options) : options_(std::move(options)) {}

  const FleetOptions& options() const { return options_; }

  // The user's worker; starts one if there is none. It may not be ready yet. Errors: runtime_error;
  // resource_exhausted by `max_worker_memory_bytes`.
  Result<std::shared_ptr<Worker>> WorkerFor(const Placement& placement, const User& user);
  // A worker that has seen nobody's model. The next call gives the same one, unless it has seen one
  // meanwhile. Nobody's limits count it.
  Result<std::shared_ptr<Worker>> CleanWorker();
  // Ends that worker once nobody else uses it.
  void LetGoOfClean(const Worker& worker);

  // Starts a worker ahead, unless there is one: it makes itself ready, and the next user gets it.
  void StartSpare();

 private:
  struct Slot {
    std::mutex mutex;
    std::shared_ptr<Worker> worker;  // Guarded by mutex.
  };

  Slot& SlotOf(const Placement& placement);
  Result<std::shared_ptr<Watch>> TheWatch();
  Result<std::shared_ptr<Worker>> Launch();
  Result<std::shared_ptr<Worker>> TakeSpareOrLaunch();
  Result<std::shared_ptr<Worker>> StartFor(const User& user);
  // Starts a spare when the worker has had time to start and load.
  void RefillAfter(const std::weak_ptr<const Worker>& taken);

  const FleetOptions options_;
  std::mutex mutex_;
  // Guarded by mutex_:
  std::shared_ptr<Watch> watch_;
  std::unordered_map<Placement, Slot> slots_;  // A slot stays where it is.
  Slot clean_;
  Slot spare_;
};

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_FLEET_H_
