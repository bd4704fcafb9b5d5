// One model of a registry and what becomes of loading it.
#ifndef NAMESAKE_REGISTRY_ENTRY_H_
#define NAMESAKE_REGISTRY_ENTRY_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "namesake/registry.h"
#include "registry/load_threads.h"
#include "registry/model_memory.h"

namespace namesake {

// What the entries of one registry share; it outlives every entry that loads.
struct EntryContext {
  std::shared_ptr<const ModelLoader> loader;
  // How long a failed load answers for the lookups after it.
  std::chrono::nanoseconds failure_memory;
  std::function<Deadline::Clock::time_point()> now;
  ModelMemory memory;
  LoadThreads threads;  // Last: its threads use what stands above.
};

// Thread-safe. Always owned by a shared_ptr.
class Entry : public Evictable, public std::enable_shared_from_this<Entry> {
 public:
  // A place under `max_models`; shared by an entry, its graph and what takes the entry's place.
  using Place = std::shared_ptr<const Reservation>;

  Entry(Registration registration, Place place, EntryContext& context);

  // Keeps `attached` until the entry has ended. Before anybody else has the entry.
  void Attach(std::shared_ptr<const void> attached) { attached_ = std::move(attached); }

  // The graph if it is in memory, else null.
  std::shared_ptr<const Graph> TryUse();
  // Loads where it must and waits. Errors: as for `Registry::Acquire` but for not_found.
  Result<Lease> Await(Deadline deadline);
  void Prefetch();

  ModelStatus Status(ModelKey key) const;
  // The model with other options, for a graph of its own. Errors: unsupported when its bytes are
  // gone.
  Result<Model> Variant(const BackendOptions& options) const;

  // A number of its own among all entries of the process.
  std::uint64_t id() const { return id_; }
  std::string SourceText() const;
  Origin origin() const { return origin_; }
  LoadMode load_mode() const { return load_mode_; }
  const std::shared_ptr<Account>& account() const { return account_; }
  const Place& place() const { return place_; }
  // Neither loading nor in memory.
  bool Idle() const;

  Deadline::Clock::time_point last_used() const override;
  bool Evict() override;

 private:
  // What all uses of the graph share. The graph ends first.
  struct Loaded {
    Place place;
    Reservation bytes;
    std::shared_ptr<const Graph> graph;
  };
  // Apart from the entry, so that the thread that ends a load can let go of the entry before it
  // wakes the waiters: whoever learns of the end finds the entry's place free again.
  struct Sync {
    std::mutex mutex;
    std::condition_variable settled;
  };
  using LoadResult = Result<std::shared_ptr<const Loaded>>;

  static void Load(std::shared_ptr<Entry> self);
  LoadResult LoadNoThrow();
  LoadResult LoadNow();
  // The three below with the mutex held.
  void StartLoadIfDue();
  void Settle(LoadResult loaded);
  std::shared_ptr<const Graph> Use();

  std::shared_ptr<const void> attached_;  // First, so that it ends last.
  const std::uint64_t id_;
  const Origin origin_;
  const LoadMode load_mode_;
  const std::shared_ptr<Account> account_;
  const Place place_;
  EntryContext& context_;

  const std::shared_ptr<Sync> sync_ = std::make_shared<Sync>();
  // The load's alone:
  Reservation bytes_;
  std::shared_ptr<const void> until_loaded_;
  // Guarded by sync_->mutex:
  Model model_;  // Its source is gone when a model of bytes is loaded for good.
  ModelState state_ = ModelState::kRegistered;
  std::shared_ptr<const Loaded> loaded_;  // Set when ready.
  std::optional<Error> failure_;          // Set when failed.
  Deadline::Clock::time_point retry_at_;
  Deadline::Clock::time_point last_used_;
  std::chrono::nanoseconds load_time_{};
};

}  // namespace namesake

#endif  // NAMESAKE_REGISTRY_ENTRY_H_
