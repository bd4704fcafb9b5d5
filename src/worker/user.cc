#include "worker/user.h"

#include <utility>

#include "worker/slabs.h"

namespace namesake::worker {

std::shared_ptr<const User> User::Make(std::string name, std::shared_ptr<Account> account) {
  auto slabs = std::make_shared<SlabPool>(account);
  return std::make_shared<const User>(std::move(name), std::move(account), std::move(slabs));
}

std::shared_ptr<graph::TensorMemory> User::Tensors() const { return slabs; }

const std::shared_ptr<const User>& User::Nobody() {
  // Never destroyed: a backend may end with the process.
  static const auto& nobody =
      *new std::shared_ptr<const User>(Make("nobody", Account::Make("nobody", {})));
  return nobody;
}

}  // namespace namesake::worker
