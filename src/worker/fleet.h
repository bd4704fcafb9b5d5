// The workers of one backend.
#ifndef NAMESAKE_WORKER_FLEET_H_
#define NAMESAKE_WORKER_FLEET_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
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
#include "worker/worker_list.h"

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
  // Whether a user that has ended the host's worker gets one of its own for that model for a while.
  // Otherwise it shares on, and is refused for longer and longer.
  bool quarantine = true;
  // Whether what another may have ended runs again; off only for a test of the tests.
  bool runs_again = true;
  // The most threads on which each worker should compute; empty for one for each processor.
  std::optional<unsigned> threads{};
  // How long a worker may be idle before it is ended.
  std::chrono::nanoseconds idle_time = kDefaultWorkerIdleTime;
};

// Thread-safe; always owned by a shared_ptr. Starts nothing before the first call.
class Fleet : public std::enable_shared_from_this<Fleet> {
 public:
  explicit Fleet(FleetOptions options) : options_(std::move(options)) {}

  const FleetOptions& options() const { return options_; }

  // The user's worker; starts one if there is none. It may not be ready yet. Errors: runtime_error;
  // resource_exhausted by `max_worker_memory_bytes` and `max_workers`.
  Result<std::shared_ptr<Worker>> WorkerFor(const Placement& placement, const User& user);
  // Starts a worker of the user's that nobody else gets. Errors: those of WorkerFor.
  Result<std::shared_ptr<Worker>> StartAlone(const User& user, WorkerPurpose purpose) {
    return StartFor(user, purpose);
  }
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
  // A place for one worker more. Ends an idle one if need be. Errors: resource_exhausted by
  // `max_workers`.
  static Result<Reservation> TakePlace(const User& user);
  Result<std::shared_ptr<Worker>> StartFor(const User& user, WorkerPurpose purpose);
  // Ends those among the list's workers that have been idle for too long, from now on.
  void RetireFrom(const std::shared_ptr<WorkerList>& list);
  // Starts a spare when the worker has had time to start and load.
  void RefillAfter(const std::weak_ptr<const Worker>& taken);

  const FleetOptions options_;
  std::mutex mutex_;
  // Guarded by mutex_:
  std::shared_ptr<Watch> watch_;
  std::unordered_map<Placement, Slot> slots_;  // A slot stays where it is.
  // Those whose idle workers end.
  std::vector<std::weak_ptr<WorkerList>> lists_;
  Slot clean_;
  Slot spare_;
};

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_FLEET_H_
