// What there is to know about workers while a host runs.
//
//   for (const namesake::WorkerStatus& worker : host->Workers()) {
//     Show(worker.owner, worker.memory_bytes);
//   }
#ifndef NAMESAKE_WORKER_STATUS_H_
#define NAMESAKE_WORKER_STATUS_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/export.h"

namespace namesake {

// Why there is a worker.
enum class WorkerPurpose : std::uint8_t {
  kServes,     // It serves its owner's models, or all tenants' with Isolation::kHost.
  kApart,      // It serves one model of a tenant that has ended a shared worker.
  kRunsAgain,  // One inference or load runs in it again, alone, since its last worker ended.
};

// One worker, at one time.
struct WorkerStatus {
  std::string backend{};
  // For whom it runs: `tenant "acme"`, or "the host" for one that serves all tenants.
  std::string owner{};
  WorkerPurpose purpose = WorkerPurpose::kServes;
  // Its process; 0 for one that is not ready yet.
  std::int64_t process = 0;
  // Private memory in bytes, as last seen.
  std::uint64_t memory_bytes = 0;
  std::chrono::nanoseconds uptime{};
  // The models that it has loaded, by their names for the operator, in no order.
  std::vector<std::string> models{};
  // The contexts that have computed in it, and the calls under way.
  std::uint64_t contexts = 0;
  std::uint64_t calls = 0;
};

// The end of a worker, but for one that nobody needed any more.
struct WorkerEnd {
  WorkerStatus worker{};
  // Such as "ended by signal 11 (Segmentation fault)".
  std::string reason{};
  // The models of the calls under way, which are under suspicion.
  std::vector<std::string> running{};
};

// A verdict: an inference or a load that ended a worker in which nothing else ran.
struct WorkerVerdict {
  std::string backend{};
  // Whose it was.
  std::string owner{};
  std::string model{};
  // How many there were lately, this one included.
  int count = 0;
};

// Learns of these things when they happen, such as for metrics. The functions are called on any
// thread, also at once; they must neither block for long nor call the host. By default they do
// nothing.
class NAMESAKE_API WorkerObserver {
 public:
  virtual ~WorkerObserver() = default;
  virtual void OnStarted(const WorkerStatus& worker);
  virtual void OnEnded(const WorkerEnd& end);
  virtual void OnVerdict(const WorkerVerdict& verdict);
};

// The name, such as "runs again".
NAMESAKE_API std::string_view WorkerPurposeName(WorkerPurpose purpose);

}  // namespace namesake

#endif  // NAMESAKE_WORKER_STATUS_H_
