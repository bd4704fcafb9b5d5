// A graph in a worker.
#ifndef NAMESAKE_WORKER_WORKER_GRAPH_H_
#define NAMESAKE_WORKER_WORKER_GRAPH_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "namesake/backend.h"
#include "namesake/compiled_cache.h"
#include "namesake/placement.h"
#include "protocol/messages.h"
#include "worker/fleet.h"
#include "worker/load_plan.h"
#include "worker/worker.h"

namespace namesake::worker {

// A model as a user's workers load it. Immutable; shared by a graph and the loads of it.
struct PlacedModel {
  std::shared_ptr<Fleet> fleet;
  Placement placement;
  std::shared_ptr<const User> user;
  std::shared_ptr<LoadPlan> plan;
  // The graph's number in whatever worker.
  std::uint64_t graph = 0;
  // Where its compiled form may be found; null for nowhere.
  std::shared_ptr<CompiledCache> cache;
  std::optional<CacheKey> key;
  // The model's name for the operator.
  std::string label;
  bool warm_up = false;
};

// Loads the model in a worker, from its compiled form if there is one. `keep` may be an open file
// for a compiled form, which then is not to be found elsewhere. Errors: those of `Backend::Load`.
Result<protocol::Loaded> LoadIn(Worker& worker, const PlacedModel& model,
                                const std::optional<CachedFile>& compiled, int keep,
                                Deadline deadline, std::stop_token stop = {});

// How often a model has ended its worker lately. Thread-safe.
class Strikes {
 public:
  using Clock = std::chrono::steady_clock;

  // Counts the end of a worker once, whoever reports it.
  void Add(const std::shared_ptr<Worker>& ended);
  // Fails while the model must wait. Errors: runtime_error, with the time that is left.
  Result<void> Check() const;

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  int count_ = 0;
  std::weak_ptr<Worker> last_ended_;
  Clock::time_point last_{};
};

// Stays valid when its worker ends: the next use loads it in another one.
class WorkerGraph : public Graph {
 public:
  using Graph::Traits;

  WorkerGraph(protocol::Loaded loaded, PlacedModel model, std::shared_ptr<Worker> worker);
  ~WorkerGraph() override;

  Result<std::unique_ptr<ExecutionContext>> NewContext(const Placement& placement) const override;

  const PlacedModel& model() const { return model_; }
  // A worker in which the graph is loaded. Loads it if need be; the load goes on when the deadline
  // passes. Errors: timeout; those of the load; runtime_error if it has ended too many workers.
  Result<std::shared_ptr<Worker>> InWorker(Deadline deadline) const;
  void NoteEnd(const std::shared_ptr<Worker>& ended) const { strikes_.Add(ended); }

 private:
  Result<std::shared_ptr<Worker>> LoadFresh() const;
  void Settle() const noexcept;
  void LoadAgain() const;

  const PlacedModel model_;
  mutable Strikes strikes_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  // Guarded by mutex_:
  mutable std::shared_ptr<Worker> worker_;
  mutable bool loading_ = false;
  mutable std::optional<Error> failure_;
};

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_WORKER_GRAPH_H_
