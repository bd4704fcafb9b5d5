// The names of all scopes and the entries they stand for.
#ifndef NAMESAKE_REGISTRY_NAME_TABLE_H_
#define NAMESAKE_REGISTRY_NAME_TABLE_H_

#include <tsl/robin_map.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <vector>

#include "namesake/registry.h"
#include "registry/entry.h"
#include "registry/model_place.h"

namespace namesake {

// Thread-safe. Entries end outside of its locks.
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
  std::shared_ptr<Entry> Insert(const ModelKey& key, Named named);
  // Takes the key away if `may` lets it; else what `may` says. False when the key is not there.
  Result<bool> Erase(const ModelKey& key, const std::function<Result<void>(const Entry&)>& may);
  // Exchanges the key's entry for a later one; an earlier one changes nothing. False when the key
  // is not there. Errors: too_large when the name needs a place that it has not.
  Result<bool> Exchange(const ModelKey& key, std::shared_ptr<Entry> entry, std::uint64_t order);

  std::vector<ModelName> Names(const Scope& scope) const;

 private:
  struct Hash {
    std::uint64_t seed = 0;
    std::size_t operator()(const ModelKey& key) const noexcept;
  };
  // Apart by what processors fetch at once.
  struct alignas(128) Shard {
    std::shared_mutex mutex;
    tsl::robin_map<ModelKey, Named, Hash, std::equal_to<ModelKey>,
                   std::allocator<std::pair<ModelKey, Named>>, /*StoreHash=*/true>
        names;  // Guarded by mutex.
  };
  static constexpr std::size_t kShards = 64;

  // The map itself uses the low bits.
  Shard& ShardOf(std::size_t hash) const { return shards_[hash >> 58]; }

  const Hash hash_;
  const std::unique_ptr<Shard[]> shards_;  // kShards of them.
  mutable std::mutex scopes_mutex_;
  std::map<Scope, std::set<ModelName>> scopes_;  // Guarded by scopes_mutex_, taken after a shard's.
};

}  // namespace namesake

#endif  // NAMESAKE_REGISTRY_NAME_TABLE_H_
