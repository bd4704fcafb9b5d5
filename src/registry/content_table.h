// Entries without a name, by what they are made from, for as long as anybody has them.
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
  // An account and a digest of all that decides the graph: accounts never share.
  using Key = std::pair<const Account*, CacheKey::Digest>;

  // The entry of that key, or the one that `make` makes. Who asks for a key meanwhile waits, who
  // asks for another does not. What `make` throws is thrown; nothing has changed then.
  Result<std::shared_ptr<Entry>> FindOrMake(
      const Key& key, const std::function<Result<std::shared_ptr<Entry>>()>& make);

 private:
  // Represents a key while its entry lives or is being made. The entry owns it.
  struct Slot;

  // Makes it where there is none.
  std::shared_ptr<Slot> SlotOf(const Key& key);
  std::shared_ptr<Slot> FindSlot(const Key& key);
  void Forget(const Key& key) noexcept;

  std::mutex mutex_;
  std::map<Key, std::weak_ptr<Slot>> slots_;  // Guarded by mutex_.
};

}  // namespace namesake::registry

#endif  // NAMESAKE_REGISTRY_CONTENT_TABLE_H_
