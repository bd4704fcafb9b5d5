// Entries without names, found by their content while they are in use.
#ifndef NAMESAKE_REGISTRY_CONTENT_TABLE_H_
#define NAMESAKE_REGISTRY_CONTENT_TABLE_H_

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "namesake/account.h"
#include "namesake/compiled_cache.h"
#include "registry/entry.h"

namespace namesake::registry {

// Thread-safe; always owned by a shared_ptr.
class ContentTable : public std::enable_shared_from_this<ContentTable> {
 public:
  // An account, and a digest of everything that determines the graph. Accounts never share entries.
  using Key = std::pair<const Account*, CacheKey::Digest>;

  // Returns the entry with that key, or the one that `make` makes. Concurrent calls for the same
  // key wait; calls for other keys do not. Passes on what `make` throws; then nothing has changed.
  Result<std::shared_ptr<Entry>> FindOrMake(
      const Key& key, const std::function<Result<std::shared_ptr<Entry>>()>& make);

 private:
  // Represents a key while its entry lives or is being made. Owned by the entry.
  struct Slot;

  // Makes the slot if there is none.
  std::shared_ptr<Slot> SlotOf(const Key& key);
  std::shared_ptr<Slot> FindSlot(const Key& key);
  void Forget(const Key& key) noexcept;

  std::mutex mutex_;
  std::map<Key, std::weak_ptr<Slot>> slots_;  // Guarded by mutex_.
};

}  // namespace namesake::registry

#endif  // NAMESAKE_REGISTRY_CONTENT_TABLE_H_
