// For whom workers run.
#ifndef NAMESAKE_WORKER_USER_H_
#define NAMESAKE_WORKER_USER_H_

#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <unordered_map>

#include "graph/tensor_memory.h"
#include "namesake/account.h"
#include "namesake/placement.h"

namespace namesake::worker {

class SlabPool;
class WorkerList;

// The host, or one tenant. Its workers, of whatever backend, share its tensors. Immutable.
struct User {
  // Such as `tenant "acme"`.
  std::string name;
  // Charged for its workers and its tensors; never null.
  std::shared_ptr<Account> account;
  // Where its tensors lie, for its own workers.
  std::shared_ptr<SlabPool> slabs;
  // Where they lie for the host's workers, which others use too.
  std::shared_ptr<SlabPool> shared_slabs;
  // All workers of its host.
  std::shared_ptr<WorkerList> workers;
  // Turns for its inferences and loads that run again alone, so that what ends many workers delays
  // its own user, and takes no more memory than this many workers.
  static constexpr int kMostAlone = 4;
  std::shared_ptr<std::counting_semaphore<kMostAlone>> turns =
      std::make_shared<std::counting_semaphore<kMostAlone>>(kMostAlone);

  // The slabs, for inputs.
  std::shared_ptr<graph::TensorMemory> Tensors() const;

  // `workers` may be null, for a list of its own.
  static std::shared_ptr<const User> Make(std::string name, std::shared_ptr<Account> account,
                                          std::shared_ptr<WorkerList> workers = nullptr);
  // One without limits, for those who load without a host.
  static const std::shared_ptr<const User>& Nobody();
};

// The users of a host. Thread-safe.
class Users {
 public:
  void Add(const Placement& placement, std::shared_ptr<const User> user);
  // The placement's user, whatever its isolation; null if there is none.
  std::shared_ptr<const User> Find(const Placement& placement) const;

 private:
  mutable std::mutex mutex_;
  // By the placement with isolation by tenant. Guarded by mutex_.
  std::unordered_map<Placement, std::shared_ptr<const User>> users_;
};

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_USER_H_
