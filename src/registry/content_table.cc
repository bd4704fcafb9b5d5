#include "registry/content_table.h"

namespace namesake::registry {

struct ContentTable::Slot {
  Slot(std::weak_ptr<ContentTable> its_table, const Key& its_key)
      : table(std::move(its_table)), key(its_key) {}
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot() {
    if (const auto kept = table.lock()) kept->Forget(key);
  }

  const std::weak_ptr<ContentTable> table;
  const Key key;
  std::mutex mutex;
  std::weak_ptr<Entry> entry;  // Guarded by mutex.
};

Result<std::shared_ptr<Entry>> ContentTable::FindOrMake(
    const Key& key, const std::function<Result<std::shared_ptr<Entry>>()>& make) {
  const std::shared_ptr<Slot> slot = SlotOf(key);
  const std::lock_guard lock(slot->mutex);
  if (auto entry = slot->entry.lock()) return entry;
  auto made = make();
  if (!made) return made;
  (*made)->Attach(slot);
  slot->entry = *made;
  return made;
}

std::shared_ptr<ContentTable::Slot> ContentTable::SlotOf(const Key& key) {
  if (auto slot = FindSlot(key)) return slot;
  auto made = std::make_shared<Slot>(weak_from_this(), key);
  std::map<Key, std::weak_ptr<Slot>> node;
  node.try_emplace(key, made);
  const std::lock_guard lock(mutex_);
  const auto inserted = slots_.insert(node.extract(node.begin()));
  if (inserted.inserted) return made;
  // Either made by another thread meanwhile, or about to end.
  if (auto other = inserted.position->second.lock()) return other;
  inserted.position->second = made;
  return made;
}

std::shared_ptr<ContentTable::Slot> ContentTable::FindSlot(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(key);
  return found == slots_.end() ? nullptr : found->second.lock();
}

// Does nothing if another slot has taken the key since.
void ContentTable::Forget(const Key& key) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(key);
  if (found != slots_.end() && found->second.expired()) slots_.erase(found);
}

}  // namespace namesake::registry
