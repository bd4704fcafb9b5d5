// The names of all scopes and the entries they stand for.
#ifndef NAMESAKE_REGISTRY_NAME_TABLE_H_
#define NAMESAKE_REGISTRY_NAME_TABLE_H_

#include <tsl/robin_map.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "namesake/registry.h"
#include "registry/entry.h"
#include "registry/in_use.h"
#include "registry/model_place.h"
#include "registry/shared_mutex.h"

namespace namesake::registry {

// Thread-safe. Entries end outside of its locks. Names are added, taken away and listed under a
// lock of their scope's, so that this delays nobody who has other scopes; each change and each
// lookup takes a lock of a shard, which scopes share, for an instant.
class NameTable {
 public:
  struct Named {
    std::shared_ptr<Entry> entry;
    // Of the registration or replacement that put it here; later ones have greater numbers.
    std::uint64_t order = 0;
    // Of the entry's place.
    ModelPlace::Name place{};
  };

  NameTable();

  // Null for a key that is not there.
  std::shared_ptr<Entry> Find(const ModelKey& key) const;
  // The graph of the key's entry where that is in memory, without touching the entry's own count.
  struct Found {
    bool registered = false;
    std::shared_ptr<const Graph> graph;  // Null when it is not in memory.
  };
  Found FindGraph(const ModelKey& key) const;

  // The entry that has the key already, and nothing is changed; null when `named` has it now.
  // Throws std::bad_alloc; nothing has changed then.
  std::shared_ptr<Entry> Insert(ModelKey key, Named named);
  // Takes the key away; `by` a guest only what a guest brought. Allocates nothing, and takes no
  // writer's lock for a key that it leaves as it is.
  enum class Erased : std::uint8_t { kErased, kNotThere, kForbidden };
  Erased Erase(const ModelKey& key, Origin by);
  // Exchanges the key's entry for a later one; an earlier one changes nothing. False when the key
  // is not there. Errors: resource_exhausted when the name needs a place that it has not.
  Result<bool> Exchange(const ModelKey& key, std::shared_ptr<Entry> entry, std::uint64_t order);

  std::vector<ModelName> Names(const Scope& scope) const;
  // Calls `visit` for each of the scope's names, sorted, which may look names up and nothing else.
  void ForEachName(const Scope& scope, const std::function<void(const ModelName&)>& visit) const;

 private:
  struct Hash {
    std::uint64_t seed = 0;
    std::size_t operator()(const ModelKey& key) const noexcept;
  };
  // Apart by what processors fetch at once.
  struct alignas(128) Shard {
    SharedMutex mutex;
    tsl::robin_map<ModelKey, Named, Hash, std::equal_to<ModelKey>,
                   std::allocator<std::pair<ModelKey, Named>>, /*StoreHash=*/true>
        names;  // Guarded by mutex.
  };
  static constexpr std::size_t kShards = 64;
  // The names of one scope, each of which some shard has. What a name stands for may change without
  // the mutex, but no name comes or goes. Taken before a shard's.
  struct ScopeNames {
    SharedMutex mutex;
    std::set<ModelName> names;  // Guarded by mutex.

    bool idle() const { return names.empty(); }
  };

  static bool MayErase(const Entry& entry, Origin by) {
    return by == Origin::kOperator || entry.origin() == Origin::kGuest;
  }

  // Both with the scope's mutex held.
  void InsertInShard(ModelKey key, Named named);
  // Moves the key's entry to `erased`.
  Erased EraseFromShard(const ModelKey& key, Origin by, Named& erased);
  // The map itself uses the low bits.
  Shard& ShardOf(std::size_t hash) const { return shards_[hash >> 58]; }

  const Hash hash_;
  const std::unique_ptr<Shard[]> shards_;  // kShards of them.
  mutable InUse<Scope, ScopeNames> scopes_;
};

}  // namespace namesake::registry

#endif  // NAMESAKE_REGISTRY_NAME_TABLE_H_
