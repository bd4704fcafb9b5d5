// The memory of loaded models: reservations, and what may be evicted when they are short.
#ifndef NAMESAKE_REGISTRY_MODEL_MEMORY_H_
#define NAMESAKE_REGISTRY_MODEL_MEMORY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "namesake/account.h"
#include "namesake/deadline.h"

namespace namesake {

// Something in memory that can be loaded again.
class Evictable {
 public:
  virtual ~Evictable() = default;
  virtual Deadline::Clock::time_point last_used() const = 0;
  // Gives its memory back unless it is in use; whether it did.
  virtual bool Evict() = 0;
};

// Thread-safe.
class ModelMemory {
 public:
  // Takes model bytes from the account, evicting the least recently used of what the same account
  // has, one by one, until they suffice: what others have is untouched. Errors: too_large.
  Result<Reservation> Reserve(const std::shared_ptr<Account>& account, std::uint64_t bytes);

  // From now on `loaded` may be evicted for its account.
  void Add(const Account* account, const std::shared_ptr<Evictable>& loaded);

 private:
  std::vector<std::shared_ptr<Evictable>> LeastRecentlyUsedFirst(const Account* account);

  std::mutex mutex_;
  std::map<const Account*, std::vector<std::weak_ptr<Evictable>>> loaded_;  // Guarded by mutex_.
};

}  // namespace namesake

#endif  // NAMESAKE_REGISTRY_MODEL_MEMORY_H_
