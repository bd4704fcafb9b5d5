#include "registry/name_table.h"

#include <xxhash.h>

#include <random>
#include <span>
#include <utility>

#include "base/fail.h"

namespace namesake {

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

NameTable::Found NameTable::FindGraph(const ModelKey& key) const {
  const std::size_t hash = hash_(key);
  Shard& shard = ShardOf(hash);
  const std::shared_lock lock(shard.mutex);
  const auto found = shard.names.find(key, hash);
  if (found == shard.names.end()) return {};
  return {.registered = true, .graph = found->second.entry->TryUse()};
}

std::shared_ptr<Entry> NameTable::Insert(const ModelKey& key, Named named) {
  // The map has no insertion by a hash that is known.
  Shard& shard = ShardOf(hash_(key));
  const std::lock_guard lock(shard.mutex);
  const auto [place, inserted] = shard.names.try_emplace(key, std::move(named));
  if (!inserted) return place->second.entry;
  const std::lock_guard scopes_lock(scopes_mutex_);
  scopes_[key.scope].insert(key.name);
  return nullptr;
}

Result<bool> NameTable::Erase(const ModelKey& key,
                              const std::function<Result<void>(const Entry&)>& may) {
  Named erased;  // Ends after the lock.
  const std::size_t hash = hash_(key);
  Shard& shard = ShardOf(hash);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.names.find(key, hash);
  if (found == shard.names.end()) return false;
  if (auto allowed = may(*found->second.entry); !allowed) return std::unexpected(allowed.error());
  std::swap(erased, found.value());
  shard.names.erase(found);
  const std::lock_guard scopes_lock(scopes_mutex_);
  const auto names = scopes_.find(key.scope);
  names->second.erase(key.name);
  if (names->second.empty()) scopes_.erase(names);
  return true;
}

Result<bool> NameTable::Exchange(const ModelKey& key, std::shared_ptr<Entry> entry,
                                 std::uint64_t order) {
  ModelPlace::Name place;  // Ends after the lock.
  const std::size_t hash = hash_(key);
  Shard& shard = ShardOf(hash);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.names.find(key, hash);
  if (found == shard.names.end()) return false;
  if (found->second.order > order) return true;
  if (!found->second.place.IsOf(*entry->place())) {
    auto added = ModelPlace::AddName(entry->place());
    if (!added) return Fail(std::move(added));
    place = *std::move(added);
    std::swap(found.value().place, place);
  }
  found.value().entry.swap(entry);
  found.value().order = order;
  return true;
}

std::vector<ModelName> NameTable::Names(const Scope& scope) const {
  const std::lock_guard lock(scopes_mutex_);
  const auto found = scopes_.find(scope);
  if (found == scopes_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

}  // namespace namesake
