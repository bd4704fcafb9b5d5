// One model of a registry and what becomes of loading it.
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

// What the entries of one registry share; it outlives every entry that loads.
struct EntryContext {
  std::shared_ptr<const ModelLoader> loader;
  // How long a failed load answers for the lookups after it.
  std::chrono::nanoseconds failed_load_ttl;
  std::function<Deadline::Clock::time_point()> now;
  ModelMemory memory;
  LoadThreads threads;  // Last: its threads use what stands above.
};

// Thread-safe. Always owned by a shared_ptr.
class Entry : public Evictable, public std::enable_shared_from_this<Entry> {
 public:
  Entry(Registration registration, std::shared_ptr<ModelPlace> place, EntryContext& context);

  // Keeps `attached` until the entry has ended, and the entry for as long as its graph is used; it
  // is never evicted. Before anybody else has the entry.
  void Attach(std::shared_ptr<const void> attached) { attached_ = std::move(attached); }

  // The graph if it is in memory, else null.
  std::shared_ptr<const Graph> TryUse();
  // Loads where it must and waits. Errors: as for `Registry::Acquire` but for not_found.
  Result<Lease> Await(Deadline deadline);
  // Loads where it must, whether or not anybody waits.
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
  const std::shared_ptr<ModelPlace>& place() const { return place_; }
  // Neither loading nor in memory.
  bool Idle() const;

  Deadline::Clock::time_point last_used() const override;
  bool Evict() override;

 private:
  // What all uses of the graph share. The graph ends first.
  struct Loaded {
    std::shared_ptr<ModelPlace> place;
    Reservation bytes;
    std::shared_ptr<const Graph> graph;
  };
  // A load under way. Its turn is apart from the entry, so that the thread lets go of the entry
  // before it wakes the waiters: whoever learns of the end finds the entry's place free again.
  struct Loading {
    std::shared_ptr<LoadThreads::Turn> turn;
    std::uint64_t waiters = 0;
    bool prefetched = false;
    // In case that there is no memory for one when it fails.
    std::unique_ptr<const Error> out_of_memory;
  };
  // Both null when memory ran out.
  struct Outcome {
    std::shared_ptr<const Loaded> loaded{};
    std::unique_ptr<const Error> failure{};
    // May be over any time, and is found out before anything costly is done.
    bool shortage = false;
  };
  using LoadResult = Result<std::shared_ptr<const Loaded>>;
  // Who begins or joins a load: one that waits for it, or one that wants it without waiting.
  enum class Asker : std::uint8_t { kWaits, kPrefetches };

  // Runs on the load's thread.
  void Load() noexcept;
  Outcome LoadNoThrow() noexcept;
  LoadResult LoadInWords();
  LoadResult LoadNow();
  Model FullModel() const;
  static Outcome NotStarted(const std::exception& error) noexcept;
  // Ends the load under way with the mutex free.
  void Settle(Outcome outcome, std::chrono::nanoseconds load_time) noexcept;

  // The load that the asker has joined or begun; null where the entry needs none any more.
  std::shared_ptr<LoadThreads::Turn> JoinOrStart(Asker asker);
  // Called by an asker that stops waiting. The last one to leave gives the load up.
  void Leave(LoadThreads::Turn& turn) noexcept;
  void Drop(LoadThreads::Turn& turn) noexcept;

  // The three below with the mutex held.
  bool IsLoadDue() const;
  std::shared_ptr<LoadThreads::Turn> Join(Asker asker) noexcept;
  std::shared_ptr<const Graph> Use();

  // First what a lookup of a loaded model touches.
  mutable std::mutex mutex_;
  // Guarded by mutex_. Set when ready; `graph_` is that of `loaded_`.
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

  // What the first load takes over; null where there is nothing, as in most entries.
  struct Pending {
    Reservation bytes;
    std::shared_ptr<const void> until_loaded;
  };
  std::unique_ptr<Pending> pending_;  // The load's alone.
  // The model without its paths, each of which takes a third of a kilobyte as a
  // std::filesystem::path. Written with mutex_ held, and by a load's thread alone. The source is
  // gone when a model of bytes is loaded for good.
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
