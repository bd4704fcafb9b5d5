// The registry: turns (whose, name) into a graph.
//
// A model's life: registered → loading → ready → (replaced | unregistered | evicted), or failed
// with its reason. Any number of callers that ask for a model which is loading wait for that one
// load (single flight); a caller's deadline ends its wait, not the load. A load that nobody waits
// for any more and nobody has prefetched keeps none of its account's `max_loads`: if it has not
// begun it is dropped, else it ends beside them. A failed load is remembered for a short time, so
// that a broken model is not compiled again by every request; one that met a shortage is tried
// again.
//
// The host brings an implementation of its own; an embedder may bring another, for instance one
// that asks a directory service for names (`HostOptions::make_registry`).
#ifndef NAMESAKE_REGISTRY_H_
#define NAMESAKE_REGISTRY_H_

#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
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

// Whose name it is: the host's, one tenant's, or one instance's.
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

// When a model comes into memory, and whether it may go.
enum class LoadMode : std::uint8_t {
  kEager,  // As soon as somebody says so, and it stays.
  kLazy,   // With the first lookup; it may be evicted while nobody uses it.
};

// A model as it is registered.
struct Registration {
  Model model;
  LoadMode load = LoadMode::kEager;
  // Whose limits it counts against; never null.
  std::shared_ptr<Account> account;
  // Whom it is for: the host's models are for everyone, a tenant's and its guests' for that tenant.
  // All that count against one account have the same.
  Placement placement;
  // Its bytes, where they are reserved already; else the registry reserves them before it loads.
  Reservation bytes{};
  // Released when the load has ended, whichever way, and with the model at the latest: what
  // somebody may take no more of while it is under way.
  std::shared_ptr<const void> until_loaded{};
};

// For whom a model is loaded with options of somebody's own; as in `Registration`.
struct VariantFor {
  std::shared_ptr<Account> account;
  Placement placement;
  std::shared_ptr<const void> until_loaded{};
};

enum class ModelState : std::uint8_t {
  kRegistered,  // Known, not in memory.
  kLoading,     // One load is under way; callers wait for it.
  kReady,       // In memory; a lookup costs less than a microsecond.
  kFailed,      // The last load failed; the reason is kept until a retry is allowed.
};
NAMESAKE_API std::string_view ModelStateName(ModelState state);

// What `List` says of one model.
struct ModelStatus {
  ModelKey key;
  Encoding encoding;  // As registered; where that is kAutodetect and it is ready, as detected.
  Target target;
  LoadMode load;
  Origin origin;
  ModelState state;
  std::uint64_t model_bytes;           // 0 unless ready.
  std::chrono::nanoseconds load_time;  // Of the last finished load; 0 before one.
  std::string failure;                 // The error's detail; empty unless failed.
  // Differs for each failed load of a process, but is one for a model's loads that no memory,
  // thread or place was there for; 0 unless failed, and where a registry has none.
  std::uint64_t failure_id = 0;
};

// A use of a loaded model. While any lease of it lives the graph stays in memory and what it takes
// of its account's limits stays taken. Copying shares the use. Safe to pass between threads.
class NAMESAKE_API Lease {
 public:
  // `graph` may share its owner with whatever else shall live as long (std::shared_ptr's aliasing).
  explicit Lease(std::shared_ptr<const Graph> graph) : graph_(std::move(graph)) {}

  const Graph& graph() const { return *graph_; }

 private:
  std::shared_ptr<const Graph> graph_;
};

// Turns models into graphs with the host's backends and its compiled cache. Any thread.
class NAMESAKE_API ModelLoader {
 public:
  virtual ~ModelLoader() = default;

  // As `Backend::Measure` and `Backend::Load`. Errors besides: invalid_encoding when no backend
  // reads the model, or, for autodetect, when the content is of no known or of several encodings;
  // invalid_argument for a backend that the host lacks.
  virtual Result<std::uint64_t> Measure(const Model& model) const = 0;
  virtual Result<std::shared_ptr<const Graph>> Load(const Model& model, const Placement& placement,
                                                    Deadline deadline) const = 0;
};

// Names and the graphs behind them. All functions may be called from any thread at once.
//
// Who may do what is decided before the registry is asked: a key is only ever made for a scope that
// the caller may reach.
//
// Each call that may load says whom it asks for, by a placement. The host's own registry keeps one
// graph of a model for all who may use it: it loads the graph with the placement of the model's
// registration, and a variant with that of whoever shares it, and looks at no other. Another
// registry may keep one graph of a model for each placement that asks, load it with that one, and
// answer with the asker's graph; what a key stands for, and `Status`, are the model's all the same.
class NAMESAKE_API Registry {
 public:
  virtual ~Registry() = default;

  // Adds a model without loading it. Errors: invalid_argument for a name that its scope already
  // has; too_large and resource_exhausted by `max_models`.
  virtual Result<void> Register(const ModelKey& key, Registration registration) = 0;

  // Puts another model in the place of one that is there. The old one serves all lookups until the
  // new one is ready, and its graph lives as long as its users. A model that is lazy and not in
  // memory is exchanged without a load. Blocks until the exchange; of several at once the one that
  // began last stays. Errors, all of which leave the old one: not_found; timeout; too_large;
  // resource_exhausted; what the load failed with.
  virtual Result<void> Replace(const ModelKey& key, Registration registration,
                               Deadline deadline) = 0;

  // Takes the name away; who uses the graph keeps it. `by` a guest takes only what a guest brought.
  // Errors: not_found; security.
  virtual Result<void> Unregister(const ModelKey& key, Origin by) = 0;

  // Begins to load the model, if it is not loading or ready, and returns at once.
  virtual void Prefetch(const ModelKey& key, const Placement& placement) = 0;

  // The graph of the first of `keys` that is registered; loads it on the first call and blocks
  // until it is there. A name stands for the first key's model alone, also when that can't be
  // loaded. Errors: not_found, with the first key's name, when no key is registered, and for no
  // other reason; timeout; what the load failed with. `keys` is not empty.
  virtual Result<Lease> Acquire(std::span<const ModelKey* const> keys, const Placement& placement,
                                Deadline deadline) = 0;
  Result<Lease> Acquire(const ModelKey& key, const Placement& placement, Deadline deadline) {
    const ModelKey* const keys[] = {&key};
    return Acquire(keys, placement, deadline);
  }

  // The same model with `options` set over its own: a graph of its own, shared by those who ask for
  // the same with the same account, which it counts against. Errors: as for `Acquire`; too_large;
  // resource_exhausted; unsupported for a model whose bytes are gone.
  virtual Result<Lease> AcquireVariant(std::span<const ModelKey* const> keys,
                                       const BackendOptions& options, VariantFor whom,
                                       Deadline deadline) = 0;

  // Loads a model at once. What a guest gives as bytes is loaded once for all who give the same
  // bytes, encoding, target and options with the same account. With a `name`, which may be null,
  // the model is registered under it when it is loaded, and not at all when that fails. Errors: as
  // for `Acquire` and `Register`.
  virtual Result<Lease> Load(Registration registration, const ModelKey* name,
                             Deadline deadline) = 0;

  // Takes so many model bytes from the account; where they are short, evicts what the account alone
  // has of lazy, unused graphs. Errors: as Account::Reserve's.
  virtual Result<Reservation> ReserveModelBytes(const std::shared_ptr<Account>& account,
                                                std::uint64_t bytes) = 0;

  // Waits until no load is under way; false when `deadline` passes first, which may have passed
  // already for a mere look. The end of a registry waits for its loads whatever was answered here.
  virtual bool AwaitLoads(Deadline deadline);

  // Empty for a key that is not registered.
  virtual std::optional<ModelStatus> Status(const ModelKey& key) const = 0;
  // What one scope holds, by name; costs no more than that scope's number of models.
  virtual std::vector<ModelStatus> List(const Scope& scope) const = 0;
};

}  // namespace namesake

#endif  // NAMESAKE_REGISTRY_H_
