// A graph in a worker.
#ifndef NAMESAKE_WORKER_WORKER_GRAPH_H_
#define NAMESAKE_WORKER_WORKER_GRAPH_H_

#include <memory>
#include <mutex>
#include <unordered_map>

#include "namesake/backend.h"
#include "namesake/placement.h"
#include "protocol/messages.h"
#include "worker/home.h"
#include "worker/strikes.h"
#include "worker/user.h"
#include "worker/worker.h"

namespace namesake::worker {

// One user of a graph, with all its contexts. Thread-safe.
class GraphUser {
 public:
  explicit GraphUser(std::shared_ptr<const User> user) : user_(std::move(user)) {}

  const User& user() const { return *user_; }
  // Whether it may use the graph now. Errors: those of Strikes::Check.
  Result<void> Check() const { return strikes_.Check(); }

 private:
  friend class WorkerGraph;

  const std::shared_ptr<const User> user_;
  Strikes strikes_;
  std::mutex mutex_;
  // Apart from the other users; null unless it was needed. Guarded by mutex_.
  std::shared_ptr<Home> own_;
};

// Stays valid when its worker ends: the next use loads it in another one.
class WorkerGraph : public Graph {
 public:
  using Graph::Traits;

  WorkerGraph(protocol::Loaded loaded, PlacedModel model, std::shared_ptr<Worker> worker);

  Result<std::unique_ptr<ExecutionContext>> NewContext(const Placement& placement) const override;

  const PlacedModel& model() const { return *model_; }
  // Counts an inference of the user's that has ended a worker in which nothing else ran.
  void AddVerdict(GraphUser& user, Strikes::Clock::time_point began) const;
  // Whose the worker is in which an inference of the user's runs.
  const User& Charged(GraphUser& user) const;
  // Where the user's inferences run.
  std::shared_ptr<Home> HomeOf(GraphUser& user) const;

 private:
  // Whether the user is kept away from the worker that serves all.
  bool IsInQuarantine(GraphUser& user) const;
  std::shared_ptr<GraphUser> UserOf(const Placement& placement) const;

  const std::shared_ptr<const PlacedModel> model_;
  // For all users, but for those that are in quarantine.
  const std::shared_ptr<Home> home_;
  mutable std::mutex mutex_;
  // By their user; those of no context any more are left to be taken again. Guarded by mutex_.
  mutable std::unordered_map<const User*, std::shared_ptr<GraphUser>> users_;
};

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_WORKER_GRAPH_H_
