// The slots that a model takes under its account's `max_models`.
#ifndef NAMESAKE_REGISTRY_MODEL_PLACE_H_
#define NAMESAKE_REGISTRY_MODEL_PLACE_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "namesake/account.h"

namespace namesake::registry {

// One slot for each name of a model, or one for a model without names. Shared by an entry, its
// graph, and an entry that replaces it. Thread-safe; always owned by a shared_ptr.
class ModelPlace {
  struct MadeByTake {};

 public:
  // Holds the slot of one name. Movable; an empty one holds nothing. One thread at a time.
  class Name {
   public:
    Name() = default;
    Name(Name&& other) noexcept = default;
    Name& operator=(Name&& other) noexcept {
      place_.swap(other.place_);
      return *this;
    }
    ~Name() {
      if (place_ != nullptr) place_->RemoveName();
    }

    bool IsOf(const ModelPlace& place) const { return place_.get() == &place; }

   private:
    friend class ModelPlace;
    explicit Name(std::shared_ptr<ModelPlace> place) : place_(std::move(place)) {}

    std::shared_ptr<ModelPlace> place_{};
  };

  // Takes the slot of a model without a name. Errors: see Account::Reserve.
  static Result<std::shared_ptr<ModelPlace>> Take(const std::shared_ptr<Account>& account);

  // Takes a slot for a name; the first name uses the slot that the model has already. Errors: see
  // Account::Reserve, for further names.
  static Result<Name> AddName(std::shared_ptr<ModelPlace> place);

  // For `Take` only.
  ModelPlace(MadeByTake /*only*/, Reservation taken) : taken_(std::move(taken)) {}

 private:
  void RemoveName();

  std::mutex mutex_;
  // Guarded by mutex_:
  Reservation taken_;
  std::uint64_t names_ = 0;
};

}  // namespace namesake::registry

#endif  // NAMESAKE_REGISTRY_MODEL_PLACE_H_
