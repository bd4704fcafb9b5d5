// What a model takes under its account's `max_models`.
#ifndef NAMESAKE_REGISTRY_MODEL_PLACE_H_
#define NAMESAKE_REGISTRY_MODEL_PLACE_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "namesake/account.h"

namespace namesake::registry {

// One place for each of a model's names, and one for a model without a name. Shared by an entry,
// its graph and what takes the entry's place. Thread-safe; always owned by a shared_ptr.
class ModelPlace {
  struct MadeByTake {};

 public:
  // What one name takes, until it ends. Movable; an empty one takes nothing. One thread at a time.
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

  // Of a model without a name. Errors: as Account::Reserve's.
  static Result<std::shared_ptr<ModelPlace>> Take(const std::shared_ptr<Account>& account);

  // The first name takes what the model has taken already. Errors: as Account::Reserve's, for
  // others.
  static Result<Name> AddName(std::shared_ptr<ModelPlace> place);

  // For `Take` alone.
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
