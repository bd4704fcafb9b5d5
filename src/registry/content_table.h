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

namespace namesake {

// Thread-safe; always owned by a shared_ptr.
class ContentTable : public std::enable_shared_from_this<ContentTable> {
 public:
  // An account and a digest of all that decides the graph: accounts never share.
  using Key = std::pair<const Account*, CacheKey::Digest>;

  // The entry of that key, or the one that `make` makes, which is called at most once.
  Result<std::shared_ptr<Entry>> FindOrMake(
      const Key& key, const std::function<Result<std::shared_ptr<Entry>>()>& make);

 private:
  void Forget(const Key& key);

  std::mutex mutex_;
  std::map<Key, std::weak_ptr<Entry>> entries_;  // Guarded by mutex_.
};

}  // namespace namesake

#endif  // NAMESAKE_REGISTRY_CONTENT_TABLE_H_
