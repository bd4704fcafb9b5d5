// The registry: turns (scope, name) into a graph.
//
// A model's life: registered → loading → ready → (replaced | unregistered | evicted), or failed
// with its reason. All callers that ask for a model while it loads wait for that one load (single
// flight); a caller's deadline ends its wait, not the load. A load with no waiter left, and not
// prefetched, stops counting in its account's `max_loads`: if it has not started it is dropped,
// otherwise it finishes in the background. A failed load is remembered for a short time, so that a
// broken model is not compiled again for every request; a load that failed because of a shortage is
// tried again.
//
// The host has an implementation of its own. An embedder may supply another, for instance one that
// looks up names in a directory service (`HostOptions::make_registry`).
#ifndef NAMESAKE_REGISTRY_H_
#define NAMESAKE_REGISTRY_H_

#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/account.h"
#include "namesake/backend.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "namesake/export.h"
#include "namesake/model.h"
#include "namesake/placement.h"

namespace namesake {

// The owner of a name: the host, one tenant, or one instance.
class NAMESAKE_API Scope {
 public:
  enum class Kind : std::uint8_t { kHost, kTenant, kInstance };

  static Scope Host() { return Scope(Kind::kHost, 0); }
  static Scope Tenant(std::uint64_t id) { return Scope(Kind::kTenant, id); }
  static Scope Instance(std::uint64_t id) { return Scope(Kind::kInstance, id); }

  Kind kind() const { return kind_; }
  std::uint64_t id() const { return id_; }

  friend auto operator<=>(const Scope&, const Scope&) = default;

 private:
  Scope(Kind kind, std::uint64_t id) : kind_(kind), id_(id) {}

  Kind kind_;
  std::uint64_t id_;
};

struct ModelKey {
  Scope scope;
  ModelName name;

  friend auto operator<=>(const ModelKey&, const ModelKey&) = default;
};

// When a model is loaded, and whether it may be evicted.
enum class LoadMode : std::uint8_t {
  kEager,  // Loaded by a prefetch or the first lookup, and never evicted.
  kLazy,   // Loaded by the first lookup; may be evicted while nobody uses it.
};

// A model to register.
struct Registration {
  Model model;
  LoadMode load = LoadMode::kEager;
  // The account whose limits it counts against; never null.
  std::shared_ptr<Account> account;
  // The owner as a user, with the isolation of its models that have none of their own. A tenant is
  // the only user of its own and its guests' models; the host's models have further users. All
  // registrations with one account have the same placement.
  Placement placement;
  // The reservation of its bytes, if the caller already holds one; otherwise the registry reserves
  // them before it loads.
  Reservation bytes{};
  // Destroyed when the load finishes, successfully or not, and with the model at the latest. Holds
  // quota needed only while loading.
  std::shared_ptr<const void> until_loaded{};
};

// Returns the placement in which a user has a model loaded: the user's, with the model's own
// isolation if it has one. With this placement the model is loaded and its contexts are made.
inline Placement PlacementFor(std::optional<Isolation> models, Origin origin,
                              const Placement& user) {
  const Isolation isolation = models.value_or(user.isolation());
  // What a guest chose runs in no worker that others use.
  const bool is_guests = origin == Origin::kGuest && isolation == Isolation::kHost;
  return user.with(is_guests ? Isolation::kTenant : isolation);
}
inline Placement PlacementFor(const Model& model, const Placement& user) {
  return PlacementFor(model.isolation, model.origin, user);
}

// The account charged for a variant: the same model with the caller's options. The fields are as in
// `Registration`.
struct VariantFor {
  std::shared_ptr<Account> account;
  Placement placement;
  std::shared_ptr<const void> until_loaded{};
};

enum class ModelState : std::uint8_t {
  kRegistered,  // Known, but not in memory.
  kLoading,     // One load is in progress; callers wait for it.
  kReady,       // In memory; a lookup costs less than a microsecond.
  kFailed,      // The last load failed; the reason is kept until a retry is allowed.
};
NAMESAKE_API std::string_view ModelStateName(ModelState state);

// One model as `List` reports it to a user: all but the first five fields belong to the placement
// in which that user has it loaded.
struct ModelStatus {
  ModelKey key;
  Encoding encoding;  // As registered; for kAutodetect, the detected one once it is ready.
  Target target;
  LoadMode load;
  Origin origin;
  ModelState state;
  std::uint64_t model_bytes;           // 0 unless ready.
  std::chrono::nanoseconds load_time;  // The last finished load's; 0 before one.
  std::string failure;                 // The error's detail; empty unless failed.
  // Differs for each failed load of a process, except that all loads of one model that failed for
  // lack of memory, threads or quota share one id. 0 unless failed, and if the registry has no ids.
  std::uint64_t failure_id = 0;
  // Where it is loaded.
  Isolation isolation = Isolation::kProcess;
};

// A use of a loaded model. While any lease exists, the graph stays in memory and keeps its share of
// the account's limits. A copy shares the use. Safe to pass between threads.
class NAMESAKE_API Lease {
 public:
  // `graph` may share its owner with other objects that must live as long (std::shared_ptr's
  // aliasing).
  Lease(std::shared_ptr<const Graph> graph, const Placement& placement)
      : graph_(std::move(graph)), placement_(placement) {}

  const Graph& graph() const { return *graph_; }
  // The user of the graph, and where it is loaded: contexts are made for this placement.
  const Placement& placement() const { return placement_; }

 private:
  std::shared_ptr<const Graph> graph_;
  Placement placement_;
};

// Turns models into graphs with the host's backends and its compiled cache. Any thread.
class NAMESAKE_API ModelLoader {
 public:
  virtual ~ModelLoader() = default;

  // Like `Backend::Measure` and `Backend::Load`, with further errors: invalid_encoding if no
  // backend reads the model, or if autodetect finds no known encoding or several; invalid_argument
  // for a backend that the host does not have.
  virtual Result<std::uint64_t> Measure(const Model& model) const = 0;
  // Returns a graph in memory that `Load` would return for the model, because another name stands
  // for the same content; null if there is none, as by default. See `Backend::FindLoaded`.
  virtual std::shared_ptr<const Graph> FindLoaded(const Model& model,
                                                  const Placement& placement) const;
  // `stop` tells that nobody waits for the graph any more: a worker that then does not come to an
  // end soon is ended.
  virtual Result<std::shared_ptr<const Graph>> Load(const Model& model, const Placement& placement,
                                                    Deadline deadline,
                                                    std::stop_token stop = {}) const = 0;
};

// Names and the graphs behind them. All functions may be called from any thread at once.
//
// Permissions are checked before the registry is called: keys are made only for scopes that the
// caller may reach.
//
// Each call that may load, or that reports a state, names its user by a placement, with the
// isolation of models that have none of their own. The host's own registry keeps one graph of a
// model for each placement (`PlacementFor`): one in the host's process and one in a worker of the
// host's, which all its users share, and one for each user with a worker of its own. Each has its
// own load, state, failure and bytes, which count in the model's account, and is evicted alone. The
// name, its slots under `max_models`, and its replacement belong to the model. Models of the
// operator's that have one content share a graph in a placement, and its bytes count once in an
// account.
//
// Only the first `Acquire` has no default. A registry that overrides nothing else finds the
// operator's models in a place of its own: it refuses with unsupported what would add, change,
// remove or vary a model, guests' models included, and lists none.
class NAMESAKE_API Registry {
 public:
  virtual ~Registry() = default;

  // Adds a model without loading it. Errors: invalid_argument if the scope already has the name;
  // too_large and resource_exhausted by `max_models`.
  virtual Result<void> Register(const ModelKey& key, Registration registration);

  // Replaces a registered model. The old one serves all lookups until the new one is ready, and its
  // graphs live as long as their users. Blocks until the exchange; of several concurrent calls, the
  // one that started last wins. Errors, all of which keep the old model: not_found; timeout;
  // too_large; resource_exhausted; the error of the load.
  //
  // The new one is loaded in each placement in which the old one is in memory or loading and, if it
  // is eager, in its owner's; but not in a worker that the host as a user has alone. If
  // that is nowhere, it is replaced without a load. A load that serves all users must succeed;
  // beside that, one success among the workers is enough, so that no tenant's worker can keep the
  // others from the new model. Where a load has failed, the next lookup tries again. If the new
  // model has another isolation of its own than the old one, users get it at their next lookup.
  virtual Result<void> Replace(const ModelKey& key, Registration registration, Deadline deadline);

  // Removes the name; users of the graph keep it. With `by` a guest, only guest-supplied models can
  // be removed. Errors: not_found; security.
  virtual Result<void> Unregister(const ModelKey& key, Origin by);

  // Starts loading the model unless it is loading or ready, and returns at once. By default does
  // nothing, and the first lookup loads.
  virtual void Prefetch(const ModelKey& key, const Placement& placement);

  // Returns the graph of the first of `keys` that is registered, and loads it if necessary; blocks
  // until it is ready. The first registered key decides, even if its model can't be loaded. Errors:
  // not_found, with the first key's name, only if no key is registered; timeout; the error of the
  // load. `keys` must not be empty.
  virtual Result<Lease> Acquire(std::span<const ModelKey* const> keys, const Placement& placement,
                                Deadline deadline) = 0;
  Result<Lease> Acquire(const ModelKey& key, const Placement& placement, Deadline deadline) {
    const ModelKey* const keys[] = {&key};
    return Acquire(keys, placement, deadline);
  }

  // Like Acquire, but with `options` set over the model's own. Gives a separate graph, shared by
  // callers with the same options and account, and charged to that account. Errors: those of
  // `Acquire`; too_large; resource_exhausted; unsupported for a model whose bytes are gone.
  virtual Result<Lease> AcquireVariant(std::span<const ModelKey* const> keys,
                                       const BackendOptions& options, VariantFor whom,
                                       Deadline deadline);

  // Loads a model at once. Bytes from guests are loaded once for all callers with the same bytes,
  // encoding, target, options and account. With a `name`, which may be null, the model is
  // registered under it once it is loaded, and not at all if the load fails. Errors: those of
  // `Acquire` and `Register`.
  virtual Result<Lease> Load(Registration registration, const ModelKey* name, Deadline deadline);

  // Takes `bytes` of model bytes from the account. If too few are left, evicts lazy, unused graphs
  // that count only in this account; by default evicts nothing. Errors: those of Account::Reserve.
  virtual Result<Reservation> ReserveModelBytes(const std::shared_ptr<Account>& account,
                                                std::uint64_t bytes);

  // Waits until no load is in progress. Returns false if `deadline` passes first; a deadline that
  // has already passed makes it a query. The registry's destructor waits for its loads in any case.
  // By default returns true, as for loads that run on their callers' threads.
  virtual bool AwaitLoads(Deadline deadline);

  // Returns nothing for a key that is not registered. By default searches the result of `List`.
  virtual std::optional<ModelStatus> Status(const ModelKey& key, const Placement& placement) const;
  // Lists one scope's models, sorted by name. The cost depends only on that scope's number of
  // models.
  virtual std::vector<ModelStatus> List(const Scope& scope, const Placement& placement) const;
};

}  // namespace namesake

#endif  // NAMESAKE_REGISTRY_H_
