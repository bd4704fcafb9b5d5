// The names of all scopes, and their entries.
#ifndef NAMESAKE_REGISTRY_NAME_TABLE_H_
#define NAMESAKE_REGISTRY_NAME_TABLE_H_

#include <tsl/robin_map.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "namesake/registry.h"
#include "registry/entry.h"
#include "registry/in_use.h"
#include "registry/model_place.h"
#include "registry/shared_mutex.h"

namespace namesake::registry {

// Thread-safe. Entries are destroyed outside its locks. Adding, removing and listing names takes a
// lock of their scope, which does not delay other scopes. Each change and lookup also takes the
// lock of a shard, which scopes share, for an instant.
class NameTable {
 public:
  struct Named {
    std::shared_ptr<Entry> entry;
    // Orders registrations and replacements; later ones have greater numbers.
    std::uint64_t order = 0;
    // The slot that the name holds, in the entry's place.
    ModelPlace::Name place{};
  };

  NameTable();

  // Null for an unknown key.
  std::shared_ptr<Entry> Find(const ModelKey& key) const;
  // Finds the user's graph of the key's entry if it is in memory, without touching the entry's
  // reference count.
  struct Found {
    bool registered = false;
    std::optional<Lease> lease;  // Empty if it is not in memory.
  };
  Found FindGraph(const ModelKey& key, const Placement& user) const;

  // Adds a name. If the key is taken, changes nothing and returns its entry; otherwise returns
  // null. Throws std::bad_alloc; then nothing has changed.
  std::shared_ptr<Entry> Insert(ModelKey key, Named named);
  // Removes the key; on behalf of a guest (`by`), only a guest-supplied model. Allocates nothing,
  // and takes no writer's lock for a key that it does not remove.
  enum class Erased : std::uint8_t { kErased, kNotThere, kForbidden };
  Erased Erase(const ModelKey& key, Origin by);
  // Replaces the key's entry, unless the current one is later. Returns false if there is no such
  // key. Errors: resource_exhausted if the name needs a slot and there is none.
  Result<bool> Exchange(const ModelKey& key, std::shared_ptr<Entry> entry, std::uint64_t order);

  std::vector<ModelName> Names(const Scope& scope) const;
  // Calls `visit` for each name of the scope, in order. `visit` may look up names, but nothing
  // else.
  void ForEachName(const Scope& scope, const std::function<void(const ModelName&)>& visit) const;

 private:
  struct Hash {
    std::uint64_t seed = 0;
    std::size_t operator()(const ModelKey& key) const noexcept;
  };
  // Aligned to what processors fetch at once, to avoid false sharing.
  struct alignas(128) Shard {
    SharedMutex mutex;
    tsl::robin_map<ModelKey, Named, Hash, std::equal_to<ModelKey>,
                   std::allocator<std::pair<ModelKey, Named>>, /*StoreHash=*/true>
        names;  // Guarded by mutex.
  };
  static constexpr std::size_t kShards = 64;
  // The names of one scope, each stored in some shard. Names are added and removed only with the
  // mutex held, but their entries may change without it. Taken before a shard's mutex.
  struct ScopeNames {
    SharedMutex mutex;
    std::set<ModelName> names;  // Guarded by mutex.

    bool idle() const { return names.empty(); }
  };

  static bool MayErase(const Entry& entry, Origin by) {
    return by == Origin::kOperator || entry.origin() == Origin::kGuest;
  }

  // Both functions need the scope's mutex held.
  void InsertInShard(ModelKey key, Named named);
  // Moves the key's entry to `erased`.
  Erased EraseFromShard(const ModelKey& key, Origin by, Named& erased);
  // Uses the high bits, because the map itself uses the low ones.
  Shard& ShardOf(std::size_t hash) const { return shards_[hash >> 58]; }

  const Hash hash_;
  const std::unique_ptr<Shard[]> shards_;  // kShards of them.
  mutable InUse<Scope, ScopeNames> scopes_;
};

}  // namespace namesake::registry

#endif  // NAMESAKE_REGISTRY_NAME_TABLE_H_
