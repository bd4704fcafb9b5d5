#include "registry/model_place.h"

#include "base/fail.h"

namespace namesake::registry {

Result<std::shared_ptr<ModelPlace>> ModelPlace::Take(const std::shared_ptr<Account>& account) {
  auto taken = account->Reserve(Resource::kModels, 1);
  if (!taken) return base::Fail(std::move(taken));
  return std::make_shared<ModelPlace>(MadeByTake(), *std::move(taken));
}

Result<ModelPlace::Name> ModelPlace::AddName(std::shared_ptr<ModelPlace> place) {
  const std::lock_guard lock(place->mutex_);
  if (place->names_ > 0) {
    if (auto added = place->taken_.Add(1); !added) {
      return base::Fail(std::move(added));
    }
  }
  ++place->names_;
  return Name(std::move(place));
}

void ModelPlace::RemoveName() {
  const std::lock_guard lock(mutex_);
  --names_;
  // Shrinking never fails.
  if (names_ > 0) static_cast<void>(taken_.Resize(names_));
}

}  // namespace namesake::registry
