#include "registry/model_memory.h"

#include <algorithm>
#include <utility>

namespace namesake {

Result<Reservation> ModelMemory::Reserve(const std::shared_ptr<Account>& account,
                                         std::uint64_t bytes) {
  auto reserved = account->Reserve(Resource::kModelBytes, bytes);
  if (reserved) return reserved;
  // Nothing that could be evicted makes room for more than the whole.
  const auto& limit = account->limits().totals[static_cast<std::size_t>(Resource::kModelBytes)];
  if (limit && bytes > *limit) return reserved;
  for (const auto& candidate : LeastRecentlyUsedFirst(account.get())) {
    if (!candidate->Evict()) continue;
    reserved = account->Reserve(Resource::kModelBytes, bytes);
    if (reserved) break;
  }
  return reserved;
}

void ModelMemory::Add(const Account* account, const std::shared_ptr<Evictable>& loaded) {
  const std::lock_guard lock(mutex_);
  auto& of_account = loaded_[account];
  // Compared by owner: a pointer made here could be the last one, and end its entry under the lock.
  std::erase_if(of_account, [&](const std::weak_ptr<Evictable>& other) {
    return other.expired() || (!other.owner_before(loaded) && !loaded.owner_before(other));
  });
  of_account.push_back(loaded);
}

std::vector<std::shared_ptr<Evictable>> ModelMemory::LeastRecentlyUsedFirst(
    const Account* account) {
  using Candidate = std::pair<Deadline::Clock::time_point, std::shared_ptr<Evictable>>;
  std::vector<Candidate> candidates;
  {
    const std::lock_guard lock(mutex_);
    const auto found = loaded_.find(account);
    if (found == loaded_.end()) return {};
    for (const auto& weak : found->second) {
      if (auto loaded = weak.lock())
        candidates.emplace_back(loaded->last_used(), std::move(loaded));
    }
  }
  std::ranges::stable_sort(candidates, {}, &Candidate::first);
  std::vector<std::shared_ptr<Evictable>> sorted;
  for (auto& [used, loaded] : candidates) sorted.push_back(std::move(loaded));
  return sorted;
}

}  // namespace namesake
