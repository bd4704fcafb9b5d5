// The registry: turns (whose, name) into a graph.
//
// A model's life: registered → loading → ready, or failed with its reason. Any number of callers
// that ask for a model which is loading wait for that one load (single flight); a caller's deadline
// ends its wait, not the load. A failed load is remembered for a short time, so that a broken model
// is not compiled again by every request.
#ifndef NAMESAKE_REGISTRY_H_
#define NAMESAKE_REGISTRY_H_

#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/backend.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "namesake/model.h"

namespace namesake {

// Whose name it is: the host's, one tenant's, or one instance's.
class Scope {
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

enum class ModelState : std::uint8_t {
  kRegistered,  // Known, not in memory.
  kLoading,     // One load is under way; callers wait for it.
  kReady,       // In memory; a lookup costs microseconds.
  kFailed,      // The last load failed; the reason is kept until a retry is allowed.
};
std::string_view ModelStateName(ModelState state);

// What `List` says of one model.
struct ModelStatus {
  ModelKey key;
  Encoding encoding;  // As registered; where that is kAutodetect and it is ready, as detected.
  Target target;
  ModelState state;
  std::uint64_t model_bytes;           // 0 unless ready.
  std::chrono::nanoseconds load_time;  // Of the last finished load; 0 before one.
  std::string failure;                 // Empty unless failed.
};

// A use of a loaded model. While any lease of it lives the graph stays in memory and its place
// under `max_models` stays taken. Copying shares the use. Safe to pass between threads.
class Lease {
 public:
  // `pin` is released with the last copy of the lease, after the graph.
  explicit Lease(std::shared_ptr<const Graph> graph, std::shared_ptr<const void> pin = nullptr)
      : pin_(std::move(pin)), graph_(std::move(graph)) {}

  const Graph& graph() const { return *graph_; }

 private:
  std::shared_ptr<const void> pin_;
  std::shared_ptr<const Graph> graph_;
};

// Names and the graphs behind them. The host brings an implementation of its own; an embedder may
// bring another. All functions may be called from any thread at once.
class Registry {
 public:
  virtual ~Registry() = default;

  // Adds a model without loading it. Errors: invalid_argument for a name that its scope already
  // has, naming both models; too_large when a limit is used up.
  virtual Result<void> Register(const ModelKey& key, Model model) = 0;

  // Begins to load the model, if it is not loading or ready, and returns at once.
  virtual void Prefetch(const ModelKey& key) = 0;

  // The model's graph; loads it on the first call and blocks until it is there. Errors: not_found
  // when the key is not registered, and for no other reason; timeout; what the load failed with.
  virtual Result<Lease> Acquire(const ModelKey& key, Deadline deadline) = 0;

  // Loads a model that has no name. Errors: as for `Acquire`; too_large.
  virtual Result<Lease> LoadUnnamed(Model model, Deadline deadline) = 0;

  // What one scope holds, by name.
  virtual std::vector<ModelStatus> List(const Scope& scope) const = 0;
};

}  // namespace namesake

#endif  // NAMESAKE_REGISTRY_H_
