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
  for (const auto& [model, placement] : LeastRecentlyUsedFirst(account)) {
    if (!model->Evict(placement)) continue;
    reserved = account->Reserve(Resource::kModelBytes, bytes);
    if (reserved) break;
  }
  return reserved;
}

ModelMemory::GraphBytes ModelMemory::Share(const std::shared_ptr<Account>& account,
                                           const std::shared_ptr<const Graph>& graph,
                                           Reservation bytes) {
  auto own = std::make_shared<const Reservation>(std::move(bytes));
  const std::shared_ptr<Loaded> of_account = Get(account);
  // Destroyed after unlocking, like `own`.
  GraphBytes others;
  const std::lock_guard lock(of_account->mutex);
  auto& all = of_account->bytes;
  if (all.size() >= of_account->clean_bytes_at) {
    std::erase_if(all, [](const auto& other) { return other.second.expired(); });
    of_account->clean_bytes_at = 2 * all.size() + 64;
  }
  auto& shared = all[graph];
  others = shared.lock();
  if (others != nullptr) return others;
  shared = own;
  return own;
}

bool ModelMemory::HasShared(const std::shared_ptr<Account>& account) {
  const std::shared_ptr<Loaded> of_account = Find(account);
  if (of_account == nullptr) return false;
  const std::lock_guard lock(of_account->mutex);
  return !of_account->bytes.empty();
}

ModelMemory::GraphBytes ModelMemory::FindShared(const std::shared_ptr<Account>& account,
                                                const std::shared_ptr<const Graph>& graph) {
  const std::shared_ptr<Loaded> of_account = Find(account);
  if (of_account == nullptr) return nullptr;
  const std::lock_guard lock(of_account->mutex);
  const auto found = of_account->bytes.find(graph);
  return found == of_account->bytes.end() ? nullptr : found->second.lock();
}

bool ModelMemory::Candidate::operator<(const Candidate& other) const {
  if (model.owner_before(other.model)) return true;
  return !other.model.owner_before(model) && placement < other.placement;
}

void ModelMemory::Add(const std::shared_ptr<Account>& account,
                      const std::shared_ptr<Evictable>& model, const Placement& placement) {
  const std::shared_ptr<Loaded> of_account = Get(account);
  const std::lock_guard lock(of_account->mutex);
  auto& all = of_account->loaded;
  all.insert({model, placement});
  if (all.size() < of_account->clean_at) return;
  std::erase_if(all, [](const Candidate& other) { return other.model.expired(); });
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

std::vector<ModelMemory::Kept> ModelMemory::LeastRecentlyUsedFirst(
    const std::shared_ptr<Account>& account) {
  const std::shared_ptr<Loaded> of_account = Find(account);
  if (of_account == nullptr) return {};
  std::vector<Kept> alive;
  {
    const std::lock_guard lock(of_account->mutex);
    alive.reserve(of_account->loaded.size());
    for (const auto& [weak, placement] : of_account->loaded) {
      if (auto model = weak.lock()) alive.emplace_back(std::move(model), placement);
    }
  }
  using Used = std::pair<Deadline::Clock::time_point, Kept>;
  std::vector<Used> by_time;
  by_time.reserve(alive.size());
  for (Kept& kept : alive) {
    const auto used = kept.first->LastUsed(kept.second);
    by_time.emplace_back(used, std::move(kept));
  }
  std::ranges::stable_sort(by_time, {}, &Used::first);
  std::vector<Kept> sorted;
  sorted.reserve(by_time.size());
  for (auto& [used, kept] : by_time) sorted.push_back(std::move(kept));
  return sorted;
}

}  // namespace namesake::registry
