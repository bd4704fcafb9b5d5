// The memory of loaded models: reservations, and what may be evicted when they are short.
#ifndef NAMESAKE_REGISTRY_MODEL_MEMORY_H_
#define NAMESAKE_REGISTRY_MODEL_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "namesake/account.h"
#include "namesake/deadline.h"

namespace namesake::registry {

// Something in memory that can be loaded again.
class Evictable {
 public:
  virtual ~Evictable() = default;
  virtual Deadline::Clock::time_point last_used() const = 0;
  // Gives its memory back unless it is in use; whether it did.
  virtual bool Evict() = 0;
};

// Thread-safe. What is done for one account takes no time of another's.
class ModelMemory {
 public:
  // Takes model bytes from the account, evicting the least recently used of what the same account
  // has, one by one, until they suffice: what others have is untouched. Errors: as
  // Account::Reserve's.
  Result<Reservation> Reserve(const std::shared_ptr<Account>& account, std::uint64_t bytes);

  // From now on what is loaded may be evicted for its account. Throws std::bad_alloc; nothing has
  // changed then.
  void Add(const std::shared_ptr<Account>& account, const std::shared_ptr<Evictable>& loaded);

 private:
  // The models that one account has loaded.
  struct Loaded {
    std::mutex mutex;
    // Guarded by mutex. Those that have ended are taken out when there are so many.
    std::set<std::weak_ptr<Evictable>, std::owner_less<>> loaded;
    std::size_t clean_at = 64;
  };
  using Accounts = std::map<std::weak_ptr<Account>, std::shared_ptr<Loaded>, std::owner_less<>>;

  // Null where the account has none.
  std::shared_ptr<Loaded> Find(const std::shared_ptr<Account>& account);
  std::shared_ptr<Loaded> Get(const std::shared_ptr<Account>& account);
  std::vector<std::shared_ptr<Evictable>> LeastRecentlyUsedFirst(
      const std::shared_ptr<Account>& account);

  std::mutex mutex_;
  Accounts accounts_;  // Guarded by mutex_.
};

}  // namespace namesake::registry

#endif  // NAMESAKE_REGISTRY_MODEL_MEMORY_H_
