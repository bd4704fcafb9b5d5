// One model of a registry, with the state of its load.
#ifndef NAMESAKE_REGISTRY_ENTRY_H_
#define NAMESAKE_REGISTRY_ENTRY_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "namesake/registry.h"
#include "registry/load_threads.h"
#include "registry/model_memory.h"
#include "registry/model_place.h"

namespace namesake::registry {

// Shared by the entries of one registry; outlives every entry that loads.
struct EntryContext {
  std::shared_ptr<const ModelLoader> loader;
  // How long lookups get the error of a failed load before another attempt.
  std::chrono::nanoseconds failed_load_ttl;
  std::function<Deadline::Clock::time_point()> now;
  ModelMemory memory;
  LoadThreads threads;  // Last, because its threads use the members above.
};

// Thread-safe. Always owned by a shared_ptr.
class Entry : public Evictable, public std::enable_shared_from_this<Entry> {
 public:
  Entry(Registration registration, std::shared_ptr<ModelPlace> place, EntryContext& context);

  // Keeps `attached` until the entry ends, and keeps the entry alive while its graph is used; such
  // an entry is never evicted. To be called before the entry is shared.
  void Attach(std::shared_ptr<const void> attached) { attached_ = std::move(attached); }

  // Returns the graph if it is in memory, otherwise null.
  std::shared_ptr<const Graph> TryUse();
  // Starts a load if needed, and waits for it. Errors: as for `Registry::Acquire`, except
  // not_found.
  Result<Lease> Await(Deadline deadline);
  // Starts a load if needed, even if nobody waits for it.
  void Prefetch();

  ModelStatus Status(ModelKey key) const;
  // Returns the model with other options, for another graph. Errors: unsupported if its bytes are
  // gone.
  Result<Model> Variant(const BackendOptions& options) const;

  // A number that is unique among all entries of the process.
  std::uint64_t id() const { return id_; }
  std::string SourceText() const;
  Origin origin() const { return origin_; }
  LoadMode load_mode() const { return load_mode_; }
  const std::shared_ptr<Account>& account() const { return account_; }
  const std::shared_ptr<ModelPlace>& place() const { return place_; }
  // Whether it is neither loading nor in memory.
  bool Idle() const;

  Deadline::Clock::time_point last_used() const override;
  bool Evict() override;

 private:
  // Shared by all uses of the graph. The graph is destroyed first.
  struct Loaded {
    std::shared_ptr<ModelPlace> place;
    Reservation bytes;
    std::shared_ptr<const Graph> graph;
  };
  // A load in progress. Its turn is separate from the entry, so that the thread releases the entry
  // before it wakes the waiters: when they learn of the end, the entry's slot is free again.
  struct Loading {
    std::shared_ptr<LoadThreads::Turn> turn;
    std::uint64_t waiters = 0;
    bool prefetched = false;
    // Used if there is no memory for an error when the load fails.
    std::unique_ptr<const Error> out_of_memory;
  };
  // Both null if memory ran out.
  struct Outcome {
    std::shared_ptr<const Loaded> loaded{};
    std::unique_ptr<const Error> failure{};
    // The cause may pass at any time, and a new attempt finds out at little cost.
    bool shortage = false;
  };
  using LoadResult = Result<std::shared_ptr<const Loaded>>;
  // How a caller takes part in a load: it waits, or it does not.
  enum class Asker : std::uint8_t { kWaits, kPrefetches };

  // Runs on the load's thread.
  void Load() noexcept;
  Outcome LoadNoThrow() noexcept;
  LoadResult LoadInWords();
  LoadResult LoadNow();
  Model FullModel() const;
  static Outcome NotStarted(const std::exception& error) noexcept;
  // Ends the load in progress. Needs the mutex free.
  void Settle(Outcome outcome, std::chrono::nanoseconds load_time) noexcept;

  // Joins or starts a load, and returns its turn; null if the entry needs no load any more.
  std::shared_ptr<LoadThreads::Turn> JoinOrStart(Asker asker);
  // Called by a waiter that gives up. The last one to leave abandons the load.
  void Leave(LoadThreads::Turn& turn) noexcept;
  void Drop(LoadThreads::Turn& turn) noexcept;

  // The three functions below need the mutex held.
  bool IsLoadDue() const;
  std::shared_ptr<LoadThreads::Turn> Join(Asker asker) noexcept;
  std::shared_ptr<const Graph> Use();

  // Members that a lookup of a loaded model touches come first.
  mutable std::mutex mutex_;
  // Guarded by mutex_. Set when ready; `graph_` belongs to `loaded_`.
  std::shared_ptr<const Loaded> loaded_;
  const Graph* graph_ = nullptr;
  const LoadMode load_mode_;
  const Origin origin_;
  const std::uint64_t id_;
  std::shared_ptr<const void> attached_;
  const std::shared_ptr<Account> account_;
  const Placement placement_;
  const std::shared_ptr<ModelPlace> place_;
  EntryContext& context_;

  // Handed over to the first load; null if empty, as for most entries.
  struct Pending {
    Reservation bytes;
    std::shared_ptr<const void> until_loaded;
  };
  std::unique_ptr<Pending> pending_;  // Only for the load.
  // The model without its paths, each of which would take a third of a kilobyte as a
  // std::filesystem::path. Only a load's thread writes it, with mutex_ held. Once an eager model in
  // memory is loaded, its source is dropped.
  Model model_;
  std::vector<std::string> paths_;
  // Guarded by mutex_:
  ModelState state_ = ModelState::kRegistered;
  std::unique_ptr<Loading> loading_;      // Set when loading.
  std::unique_ptr<const Error> failure_;  // Set when failed.
  std::uint64_t failure_id_ = 0;
  Deadline::Clock::time_point retry_at_;
  Deadline::Clock::time_point last_used_;
  std::chrono::nanoseconds load_time_{};
};

}  // namespace namesake::registry

#endif  // NAMESAKE_REGISTRY_ENTRY_H_
