#include "registry/model_memory.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace namesake::registry {

Result<Reservation> ModelMemory::Reserve(const std::shared_ptr<Account>& account,
                                         std::uint64_t bytes) {
  auto reserved = account->Reserve(Resource::kModelBytes, bytes);
  // Eviction can't make room for more than the limit itself, here or above.
  if (reserved || reserved.error().code() == ErrorCode::kTooLarge) return reserved;
  for (const auto& candidate : LeastRecentlyUsedFirst(account)) {
    if (!candidate->Evict()) continue;
    reserved = account->Reserve(Resource::kModelBytes, bytes);
    if (reserved) break;
  }
  return reserved;
}

void ModelMemory::Add(const std::shared_ptr<Account>& account,
                      const std::shared_ptr<Evictable>& loaded) {
  const std::shared_ptr<Loaded> of_account = Get(account);
  const std::lock_guard lock(of_account->mutex);
  auto& all = of_account->loaded;
  all.insert(loaded);
  if (all.size() < of_account->clean_at) return;
  std::erase_if(all, [](const std::weak_ptr<Evictable>& other) { return other.expired(); });
  of_account->clean_at = 2 * all.size() + 64;
}

std::shared_ptr<ModelMemory::Loaded> ModelMemory::Find(const std::shared_ptr<Account>& account) {
  const std::lock_guard lock(mutex_);
  const auto found = accounts_.find(account);
  return found == accounts_.end() ? nullptr : found->second;
}

std::shared_ptr<ModelMemory::Loaded> ModelMemory::Get(const std::shared_ptr<Account>& account) {
  if (auto found = Find(account)) return found;
  Accounts made;
  made.try_emplace(account, std::make_shared<Loaded>());
  Accounts ended;  // Destroyed after unlocking, like `made`.
  const std::lock_guard lock(mutex_);
  for (auto it = accounts_.begin(); it != accounts_.end();) {
    const auto next = std::next(it);
    if (it->first.expired()) ended.insert(accounts_.extract(it));
    it = next;
  }
  accounts_.merge(made);
  return accounts_.find(account)->second;
}

std::vector<std::shared_ptr<Evictable>> ModelMemory::LeastRecentlyUsedFirst(
    const std::shared_ptr<Account>& account) {
  const std::shared_ptr<Loaded> of_account = Find(account);
  if (of_account == nullptr) return {};
  std::vector<std::shared_ptr<Evictable>> alive;
  {
    const std::lock_guard lock(of_account->mutex);
    alive.reserve(of_account->loaded.size());
    for (const auto& weak : of_account->loaded) {
      if (auto loaded = weak.lock()) alive.push_back(std::move(loaded));
    }
  }
  using Candidate = std::pair<Deadline::Clock::time_point, std::shared_ptr<Evictable>>;
  std::vector<Candidate> candidates;
  candidates.reserve(alive.size());
  for (auto& loaded : alive) {
    const auto used = loaded->last_used();
    candidates.emplace_back(used, std::move(loaded));
  }
  std::ranges::stable_sort(candidates, {}, &Candidate::first);
  std::vector<std::shared_ptr<Evictable>> sorted;
  sorted.reserve(candidates.size());
  for (auto& [used, loaded] : candidates) sorted.push_back(std::move(loaded));
  return sorted;
}

}  // namespace namesake::registry
