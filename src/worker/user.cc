#include "worker/user.h"

#include <utility>

#include "worker/slabs.h"
#include "worker/worker_list.h"

namespace namesake::worker {

std::shared_ptr<const User> User::Make(std::string name, std::shared_ptr<Account> account,
                                       std::shared_ptr<WorkerList> workers) {
  if (workers == nullptr) workers = std::make_shared<WorkerList>();
  auto slabs = std::make_shared<SlabPool>(account);
  auto shared_slabs = std::make_shared<SlabPool>(account);
  return std::make_shared<const User>(std::move(name), std::move(account), std::move(slabs),
                                      std::move(shared_slabs), std::move(workers));
}

std::shared_ptr<graph::TensorMemory> User::Tensors() const { return slabs; }

const std::shared_ptr<const User>& User::Nobody() {
  // Never destroyed: a backend may end with the process.
  static const auto& nobody =
      *new std::shared_ptr<const User>(Make("nobody", Account::Make("nobody", {})));
  return nobody;
}

void Users::Add(const Placement& placement, std::shared_ptr<const User> user) {
  const std::lock_guard lock(mutex_);
  users_.insert_or_assign(placement.with(Isolation::kTenant), std::move(user));
}

std::shared_ptr<const User> Users::Find(const Placement& placement) const {
  const std::lock_guard lock(mutex_);
  const auto found = users_.find(placement.with(Isolation::kTenant));
  return found == users_.end() ? nullptr : found->second;
}

}  // namespace namesake::worker
