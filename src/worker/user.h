// For whom workers run.
#ifndef NAMESAKE_WORKER_USER_H_
#define NAMESAKE_WORKER_USER_H_

#include <memory>
#include <string>

#include "graph/tensor_memory.h"
#include "namesake/account.h"

namespace namesake::worker {

class SlabPool;

// The host, or one tenant. Its workers, of whatever backend, share its tensors. Immutable.
struct User {
  // Such as `tenant "acme"`.
  std::string name;
  // Charged for its workers; never null.
  std::shared_ptr<Account> account;
  std::shared_ptr<SlabPool> slabs;

  // The slabs, for inputs.
  std::shared_ptr<graph::TensorMemory> Tensors() const;

  static std::shared_ptr<const User> Make(std::string name, std::shared_ptr<Account> account);
  // One without limits, for those who load without a host.
  static const std::shared_ptr<const User>& Nobody();
};

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_USER_H_
