// The memory of loaded models: reserves it, and evicts models if it runs short.
#ifndef NAMESAKE_REGISTRY_MODEL_MEMORY_H_
#define NAMESAKE_REGISTRY_MODEL_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "namesake/account.h"
#include "namesake/backend.h"
#include "namesake/deadline.h"
#include "namesake/placement.h"

namespace namesake::registry {

// A model whose graphs, one for each placement, can be loaded again.
class Evictable {
 public:
  virtual ~Evictable() = default;
  virtual Deadline::Clock::time_point LastUsed(const Placement& placement) const = 0;
  // Frees the memory of one graph unless it is in use; returns whether it did.
  virtual bool Evict(const Placement& placement) = 0;
};

// Thread-safe. Work for one account does not delay others.
class ModelMemory {
 public:
  // Reserves model bytes of the account. If there are too few, evicts graphs of the same account,
  // least recently used first, until there are enough; never those of others. Errors: see
  // Account::Reserve.
  Result<Reservation> Reserve(const std::shared_ptr<Account>& account, std::uint64_t bytes);

  // Bytes that are reserved for a graph in one account, by all names there that stand for it.
  using GraphBytes = std::shared_ptr<const Reservation>;
  // Returns what is reserved for the graph already, and then gives `bytes` back, or else `bytes`.
  GraphBytes Share(const std::shared_ptr<Account>& account,
                   const std::shared_ptr<const Graph>& graph, Reservation bytes);
  // Whether bytes are reserved for any graph.
  bool HasShared(const std::shared_ptr<Account>& account);
  // Null if nothing is reserved for the graph.
  GraphBytes FindShared(const std::shared_ptr<Account>& account,
                        const std::shared_ptr<const Graph>& graph);

  // Allows the model's graph for `placement` to be evicted for its account from now on. Throws
  // std::bad_alloc; then nothing has changed.
  void Add(const std::shared_ptr<Account>& account, const std::shared_ptr<Evictable>& model,
           const Placement& placement);

 private:
  struct Candidate {
    std::weak_ptr<Evictable> model;
    Placement placement;

    bool operator<(const Candidate& other) const;
  };
  // A candidate whose model is kept.
  using Kept = std::pair<std::shared_ptr<Evictable>, Placement>;
  // The graphs loaded for one account.
  struct Loaded {
    std::mutex mutex;
    // Guarded by mutex. Those of ended models are removed when there are `clean_at`.
    std::set<Candidate> loaded;
    std::size_t clean_at = 64;
    // Entries of ended graphs are removed when there are `clean_bytes_at`.
    std::map<std::weak_ptr<const Graph>, std::weak_ptr<const Reservation>, std::owner_less<>> bytes;
    std::size_t clean_bytes_at = 64;
  };
  using Accounts = std::map<std::weak_ptr<Account>, std::shared_ptr<Loaded>, std::owner_less<>>;

  // Null if the account has none.
  std::shared_ptr<Loaded> Find(const std::shared_ptr<Account>& account);
  std::shared_ptr<Loaded> Get(const std::shared_ptr<Account>& account);
  std::vector<Kept> LeastRecentlyUsedFirst(const std::shared_ptr<Account>& account);

  std::mutex mutex_;
  Accounts accounts_;  // Guarded by mutex_.
};

}  // namespace namesake::registry

#endif  // NAMESAKE_REGISTRY_MODEL_MEMORY_H_
