// One model of a registry, with the state of its load in each placement.
#ifndef NAMESAKE_REGISTRY_ENTRY_H_
#define NAMESAKE_REGISTRY_ENTRY_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "namesake/registry.h"
#include "registry/load_gate.h"
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
  LoadGate gate;
  LoadThreads threads;  // Last, because its threads use the members above.
};

// Thread-safe. Always owned by a shared_ptr.
class Entry : public Evictable, public std::enable_shared_from_this<Entry> {
 public:
  Entry(Registration registration, std::shared_ptr<ModelPlace> place, EntryContext& context);

  // Keeps `attached` until the entry ends, and keeps the entry alive while a graph is used; such
  // an entry is never evicted. To be called before the entry is shared.
  void Attach(std::shared_ptr<const void> attached) { attached_ = std::move(attached); }

  // Each of these acts for a user, on the graph in that user's placement.

  // Returns a use of the graph if it is in memory.
  std::optional<Lease> TryUse(const Placement& user);
  // Starts a load if needed, and waits for it. Errors: as for `Registry::Acquire`, except
  // not_found.
  Result<Lease> Await(const Placement& user, Deadline deadline);
  // Starts a load if needed, even if nobody waits for it.
  void Prefetch(const Placement& user);
  ModelStatus Status(ModelKey key, const Placement& user) const;

  // Like Await for several users, whose loads run at the same time. Errors: that of the host's
  // process if a load there fails, or else the first one if all fail.
  Result<void> AwaitMost(std::span<const Placement> users, Deadline deadline);
  // Returns the model with other options, for another graph. Errors: unsupported if its bytes are
  // gone.
  Result<Model> Variant(const BackendOptions& options) const;

  // A number that is unique among all entries of the process.
  std::uint64_t id() const { return id_; }
  std::string SourceText() const;
  Origin origin() const { return origin_; }
  LoadMode load_mode() const { return load_mode_; }
  std::optional<Isolation> isolation() const { return isolation_; }
  const std::shared_ptr<Account>& account() const { return account_; }
  const std::shared_ptr<ModelPlace>& place() const { return place_; }
  // The placements in which it is loading or in memory.
  std::vector<Placement> Placements() const;

  Deadline::Clock::time_point LastUsed(const Placement& placement) const override;
  bool Evict(const Placement& placement) override;

 private:
  // Shared by all uses of a graph. The graph is destroyed first.
  struct Loaded {
    std::shared_ptr<ModelPlace> place;
    ModelMemory::GraphBytes bytes;
    std::shared_ptr<const Graph> graph;
  };
  // A load in progress. Its turn is separate from the entry, so that the thread releases the entry
  // before it wakes the waiters: when they learn of the end, the entry's slot is free again.
  struct Loading {
    std::shared_ptr<LoadThreads::Turn> turn;
    std::uint64_t waiters = 0;
    bool prefetched = false;
    // For a guest's model, which is not worth a load that nobody waits for.
    std::stop_source stop{std::nostopstate};
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
  // Handed over from the registration to the first load.
  struct Pending {
    Reservation bytes;
    std::shared_ptr<const void> until_loaded;
  };
  // The model in one placement. Lives as long as the entry.
  struct Slot {
    explicit Slot(const Placement& its) : placement(its) {}

    // Set when ready; `graph` belongs to `loaded`.
    std::shared_ptr<const Loaded> loaded{};
    const Graph* graph = nullptr;
    Placement placement;  // Constant once the slot is found.
    ModelState state = ModelState::kRegistered;
    std::unique_ptr<Loading> loading{};      // Set when loading.
    std::unique_ptr<const Error> failure{};  // Set when failed.
    std::uint64_t failure_id = 0;
    Deadline::Clock::time_point retry_at{};
    Deadline::Clock::time_point last_used{};
    std::chrono::nanoseconds load_time{};
  };
  // How a caller takes part in a load: it waits, or it does not.
  enum class Asker : std::uint8_t { kWaits, kPrefetches };

  Placement PlacementOf(const Placement& user) const {
    return PlacementFor(isolation_, origin_, user);
  }
  // Makes the slot if there is none.
  Slot& SlotOf(const Placement& placement);

  // Runs on the load's thread.
  void Load(Slot& slot) noexcept;
  std::unique_ptr<Pending> TakePending() noexcept;
  Outcome LoadNoThrow(const Placement& placement, Reservation bytes, std::stop_token stop) noexcept;
  LoadResult LoadInWords(const Placement& placement, Reservation bytes, std::stop_token stop);
  LoadResult LoadNow(const Placement& placement, Reservation bytes, std::stop_token stop);
  // Returns the graph that another name of the account has loaded for the same content, or null.
  std::shared_ptr<const Loaded> FindLoaded(const Model& model, const Placement& placement);
  static Outcome NotStarted(const std::exception& error) noexcept;
  // Ends the load in progress. Needs the mutex free.
  void Settle(Slot& slot, Outcome outcome, std::chrono::nanoseconds load_time) noexcept;

  // Joins or starts a load, and returns its turn; null if the slot needs no load any more.
  std::shared_ptr<LoadThreads::Turn> JoinOrStart(Slot& slot, Asker asker);
  std::unique_ptr<Loading> NewLoading(Slot& slot);
  std::optional<std::uint64_t> MaxLoads(const Placement& placement) const;
  // Called by a waiter that gives up. The last one to leave abandons the load.
  void Leave(Slot& slot, LoadThreads::Turn& turn) noexcept;
  void Drop(Slot& slot, LoadThreads::Turn& turn) noexcept;

  // Copies the model, with its paths. Errors: unsupported if its bytes are gone.
  Result<Model> CopyModel() const;

  // The functions below need the mutex held.
  const Slot* Find(const Placement& placement) const;  // Null if there is none.
  Slot* Find(const Placement& placement);
  void ForEachSlot(const std::function<void(const Slot&)>& visit) const;
  Model FullModel() const;
  bool IsLoadDue(const Slot& slot) const;
  static std::shared_ptr<LoadThreads::Turn> Join(Slot& slot, Asker asker) noexcept;
  Lease Use(Slot& slot, const Placement& placement);
  // Returns the source if no load needs it any more, and otherwise none.
  decltype(Model::source) TakeSpentSource() noexcept;

  // Members that a lookup of a loaded model touches come first.
  mutable std::mutex mutex_;
  // The first slot of the model, which most models have alone, once it is taken. Guarded by mutex_.
  Slot first_;
  bool is_first_taken_ = false;
  const LoadMode load_mode_;
  const Origin origin_;
  const std::optional<Isolation> isolation_;
  // Whether it has users beside its owner.
  const bool is_shared_;
  std::shared_ptr<const void> attached_;
  // All slots but the first; null if there are none. Guarded by mutex_.
  std::unique_ptr<std::unordered_map<Placement, Slot>> others_;
  const std::uint64_t id_;
  const std::shared_ptr<Account> account_;
  const std::shared_ptr<ModelPlace> place_;
  EntryContext& context_;

  // Null if empty, as for most entries, and once a load has taken it. Guarded by mutex_.
  std::unique_ptr<Pending> pending_;
  // The model without its paths, each of which would take a third of a kilobyte as a
  // std::filesystem::path. Once nothing loads an eager model in memory any more, its source is
  // dropped. Guarded by mutex_.
  Model model_;
  const std::vector<std::string> paths_;
};

}  // namespace namesake::registry

#endif  // NAMESAKE_REGISTRY_ENTRY_H_
