#include "registry/name_table.h"

#include <xxhash.h>

#include <mutex>
#include <random>
#include <shared_mutex>
#include <span>
#include <utility>

#include "base/fail.h"

namespace namesake::registry {

std::size_t NameTable::Hash::operator()(const ModelKey& key) const noexcept {
  const std::string& name = key.name.text();
  const std::uint64_t scope = key.scope.id() * 4 + static_cast<std::uint64_t>(key.scope.kind());
  return XXH3_64bits_withSeed(name.data(), name.size(), seed ^ (scope * 0x9E3779B97F4A7C15));
}

NameTable::NameTable()
    : hash_{.seed = std::uint64_t{std::random_device()()} << 32 | std::random_device()()},
      shards_(std::make_unique<Shard[]>(kShards)) {
  for (Shard& shard : std::span(shards_.get(), kShards)) {
    shard.names = decltype(shard.names)(0, hash_);
  }
}

std::shared_ptr<Entry> NameTable::Find(const ModelKey& key) const {
  const std::size_t hash = hash_(key);
  Shard& shard = ShardOf(hash);
  const std::shared_lock lock(shard.mutex);
  const auto found = shard.names.find(key, hash);
  return found == shard.names.end() ? nullptr : found->second.entry;
}

NameTable::Found NameTable::FindGraph(const ModelKey& key, const Placement& user) const {
  const std::size_t hash = hash_(key);
  Shard& shard = ShardOf(hash);
  const std::shared_lock lock(shard.mutex);
  const auto found = shard.names.find(key, hash);
  if (found == shard.names.end()) return {};
  return {.registered = true, .lease = found->second.entry->TryUse(user)};
}

std::shared_ptr<Entry> NameTable::Insert(ModelKey key, Named named) {
  const auto scope = scopes_.Get(key.scope);
  const std::lock_guard lock(scope->mutex);
  const auto [name, added] = scope->names.insert(key.name);
  if (!added) return Find(key);
  try {
    InsertInShard(std::move(key), std::move(named));
  } catch (...) {
    scope->names.erase(name);
    throw;
  }
  return nullptr;
}

void NameTable::InsertInShard(ModelKey key, Named named) {
  // The map has no insertion with a known hash.
  Shard& shard = ShardOf(hash_(key));
  const std::lock_guard lock(shard.mutex);
  shard.names.try_emplace(std::move(key), std::move(named));
}

NameTable::Erased NameTable::Erase(const ModelKey& key, Origin by) {
  {
    const auto entry = Find(key);
    if (entry == nullptr) return Erased::kNotThere;
    if (!MayErase(*entry, by)) return Erased::kForbidden;
  }
  const auto scope = scopes_.Find(key.scope);
  if (!scope) return Erased::kNotThere;
  Named erased;  // Destroyed after unlocking, like the name.
  std::set<ModelName>::node_type name;
  const std::lock_guard lock((*scope)->mutex);
  const Erased done = EraseFromShard(key, by, erased);
  if (done == Erased::kErased) name = (*scope)->names.extract(key.name);
  return done;
}

NameTable::Erased NameTable::EraseFromShard(const ModelKey& key, Origin by, Named& erased) {
  const std::size_t hash = hash_(key);
  Shard& shard = ShardOf(hash);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.names.find(key, hash);
  if (found == shard.names.end()) return Erased::kNotThere;
  // The name may refer to another entry by now.
  if (!MayErase(*found->second.entry, by)) return Erased::kForbidden;
  std::swap(erased, found.value());
  shard.names.erase(found);
  return Erased::kErased;
}

Result<bool> NameTable::Exchange(const ModelKey& key, std::shared_ptr<Entry> entry,
                                 std::uint64_t order) {
  ModelPlace::Name place;  // Destroyed after unlocking.
  const std::size_t hash = hash_(key);
  Shard& shard = ShardOf(hash);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.names.find(key, hash);
  if (found == shard.names.end()) return false;
  if (found->second.order > order) return true;
  if (!found->second.place.IsOf(*entry->place())) {
    auto added = ModelPlace::AddName(entry->place());
    if (!added) return base::Fail(std::move(added));
    place = *std::move(added);
    std::swap(found.value().place, place);
  }
  found.value().entry.swap(entry);
  found.value().order = order;
  return true;
}

std::vector<ModelName> NameTable::Names(const Scope& scope) const {
  std::vector<ModelName> names;
  ForEachName(scope, [&](const ModelName& name) { names.push_back(name); });
  return names;
}

void NameTable::ForEachName(const Scope& scope,
                            const std::function<void(const ModelName&)>& visit) const {
  const auto found = scopes_.Find(scope);
  if (!found) return;
  const std::shared_lock lock((*found)->mutex);
  for (const ModelName& name : (*found)->names) visit(name);
}

}  // namespace namesake::registry
