// The worker in which a graph is loaded for its users.
#ifndef NAMESAKE_WORKER_HOME_H_
#define NAMESAKE_WORKER_HOME_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "namesake/compiled_cache.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "namesake/placement.h"
#include "namesake/tensor.h"
#include "protocol/messages.h"
#include "worker/fleet.h"
#include "worker/load_plan.h"
#include "worker/strikes.h"
#include "worker/user.h"
#include "worker/worker.h"

namespace namesake::worker {

// A model as a user's workers load it. Immutable; shared by a graph and the loads of it.
struct PlacedModel {
  std::shared_ptr<Fleet> fleet;
  Placement placement;
  std::shared_ptr<const User> user;
  // For a model that serves all users: those. Null for none.
  std::shared_ptr<const Users> users;
  std::shared_ptr<LoadPlan> plan;
  // The graph's number in whatever worker.
  std::uint64_t graph = 0;
  // Where its compiled form may be found; null for nowhere.
  std::shared_ptr<CompiledCache> cache;
  std::optional<CacheKey> key;
  // The model's name for the operator.
  std::string label;
  bool warm_up = false;

  bool serves_all() const { return placement.isolation() == Isolation::kHost; }
};

// Options of one load in a worker.
struct LoadInOptions {
  // Its compiled form; borrowed, null for none.
  const CachedFile* compiled = nullptr;
  // An open file for a compiled form, which then is not to be found elsewhere; -1 for none.
  int keep = -1;
  Deadline deadline = Deadline::Never();
  std::stop_token stop{};
  Ending* ending = nullptr;
};

// How often a load, or a question, that others have ended is tried in all. Each end has a cause
// elsewhere, so they are many.
inline constexpr int kMostTries = 20;

// Loads the model in a worker, from its compiled form if there is one. Errors: those of
// `Backend::Load`.
Result<protocol::Loaded> LoadIn(Worker& worker, const PlacedModel& model,
                                const LoadInOptions& options);

// One of a user's turns.
class AloneTurn {
 public:
  // Errors: timeout.
  static Result<AloneTurn> Take(const User& user, Deadline deadline);

 private:
  struct GiveBack {
    void operator()(std::counting_semaphore<User::kMostAlone>* turns) const noexcept {
      turns->release();
    }
  };
  explicit AloneTurn(std::counting_semaphore<User::kMostAlone>& turns) : turns_(&turns) {}

  std::unique_ptr<std::counting_semaphore<User::kMostAlone>, GiveBack> turns_;
};

// A worker with one model, of which nobody else knows. It ends with its last user.
struct AloneWorker {
  std::shared_ptr<Worker> worker;
  AloneTurn turn;
};

struct LoadAloneOptions {
  // Whose the worker is.
  const User& owner;
  // Whose turn it takes, until the turn is given back. Outlives it.
  const User& waits;
  Deadline deadline = Deadline::Never();
  std::stop_token stop{};
  // How often it is tried where the worker ends.
  int tries = 1;
};

// Errors: timeout; those of the start and the load.
Result<AloneWorker> LoadAlone(const PlacedModel& model, const LoadAloneOptions& options);

// Thread-safe; always owned by a shared_ptr.
class Home : public std::enable_shared_from_this<Home> {
 public:
  enum class Kind : std::uint8_t {
    kPlacements,  // The worker of the model's placement, in which others of it are too.
    kOwn,         // A worker for this alone.
  };

  // `loaded` says what the graph is; `worker` has it loaded, or is null. A home of its own is
  // `user`'s.
  Home(std::shared_ptr<const PlacedModel> model, std::shared_ptr<const User> user, Kind kind,
       std::vector<TensorInfo> inputs, std::vector<TensorInfo> outputs,
       std::shared_ptr<Worker> worker);
  ~Home();
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  // A worker in which the graph is loaded. Loads it if need be; the load goes on when the deadline
  // passes. Errors: timeout; those of the load; runtime_error if it has ended too many workers.
  Result<std::shared_ptr<Worker>> InWorker(Deadline deadline);
  Kind kind() const { return kind_; }

 private:
  // A worker that has started, or is about to.
  Result<std::shared_ptr<Worker>> FindWorker() const;
  Result<std::shared_ptr<Worker>> LoadFresh();
  void Settle() noexcept;
  void LoadAgain();

  const std::shared_ptr<const PlacedModel> model_;
  const std::shared_ptr<const User> user_;
  const Kind kind_;
  const std::vector<TensorInfo> inputs_;
  const std::vector<TensorInfo> outputs_;
  // Those of its loads.
  Strikes strikes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  std::shared_ptr<Worker> worker_;
  bool loading_ = false;
  std::optional<Error> failure_;
};

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_HOME_H_
