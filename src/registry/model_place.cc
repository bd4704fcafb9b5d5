#include "registry/model_place.h"

#include "base/fail.h"

namespace namesake {

Result<std::shared_ptr<ModelPlace>> ModelPlace::Take(const std::shared_ptr<Account>& account) {
  auto taken = account->Reserve(Resource::kModels, 1);
  if (!taken) return Fail(std::move(taken));
  return std::shared_ptr<ModelPlace>(new ModelPlace(*std::move(taken)));
}

Result<ModelPlace::Name> ModelPlace::AddName() {
  const std::lock_guard lock(mutex_);
  if (names_ > 0) {
    if (auto resized = taken_.Resize(names_ + 1); !resized) return Fail(std::move(resized));
  }
  ++names_;
  return Name(shared_from_this());
}

void ModelPlace::RemoveName() {
  const std::lock_guard lock(mutex_);
  --names_;
  // Less is never refused.
  if (names_ > 0) static_cast<void>(taken_.Resize(names_));
}

}  // namespace namesake
