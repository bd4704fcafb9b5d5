// Accounts and reservations: who uses how much of what.
//
// A host, a tenant and an instance each have an account with a budget for each resource. A
// reservation is taken before the work, from an account and all those above it, and given back when
// its owner ends: callers who race for the last of something never exceed a limit. Safe for all
// threads, without locks.
#ifndef NAMESAKE_ACCOUNT_H_
#define NAMESAKE_ACCOUNT_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "namesake/error.h"
#include "namesake/export.h"

namespace namesake {

// What accounts count.
enum class Resource : std::uint8_t {
  kModels,
  kModelBytes,   // In total.
  kTensorBytes,  // In total.
  kGraphs,
  kContexts,
  kTensors,  // Those of their own that components hold.
};
inline constexpr std::size_t kResourceCount = 6;

// The limit's name as configuration spells it, such as "max_total_model_bytes".
NAMESAKE_API std::string_view LimitName(Resource resource);

// What an account allows. An empty optional is "no limit".
struct AccountLimits {
  std::array<std::optional<std::uint64_t>, kResourceCount> totals{};
  // One model and one tensor, in bytes.
  std::optional<std::uint64_t> max_model_bytes{};
  std::optional<std::uint64_t> max_tensor_bytes{};
  // Loads at once; whoever loads lets more wait for their turn.
  std::optional<std::uint64_t> max_loads{};

  std::optional<std::uint64_t>& total(Resource resource) {
    return totals[static_cast<std::size_t>(resource)];
  }
};

class Reservation;

class NAMESAKE_API Account : public std::enable_shared_from_this<Account> {
 public:
  // Whether a reservation counts in the accounts above too.
  enum class Extent : std::uint8_t { kHere, kHereAndAbove };
  // What an error tells of how much is in use: nobody may learn that of what tenants share.
  enum class Shortage : std::uint8_t { kTellsUse, kTellsNothing };

  // `owner` is what messages call it, such as "tenant \"acme\"". `parent` may be null.
  static std::shared_ptr<Account> Make(std::string owner, const AccountLimits& limits,
                                       std::shared_ptr<Account> parent = nullptr,
                                       Shortage shortage = Shortage::kTellsUse);

  // Takes `amount` everywhere in `extent` or nowhere. Errors, naming the limit and whose it is:
  // too_large for an amount above it by itself; resource_exhausted for one that others leave no
  // room for.
  Result<Reservation> Reserve(Resource resource, std::uint64_t amount,
                              Extent extent = Extent::kHereAndAbove);

  // Whether one model or tensor of that size is within the limits here and above. Errors:
  // too_large, naming the limit.
  Result<void> CheckModelBytes(std::uint64_t bytes) const;
  Result<void> CheckTensorBytes(std::uint64_t bytes) const;

  // A snapshot.
  std::uint64_t used(Resource resource) const;
  const AccountLimits& limits() const { return limits_; }
  const std::string& owner() const { return owner_; }

 private:
  friend class Reservation;

  Account(std::string owner, const AccountLimits& limits, std::shared_ptr<Account> parent,
          Shortage shortage);
  Account* Above(Extent extent) const { return extent == Extent::kHere ? nullptr : parent_.get(); }
  // `amount` is the part of `whole` that is not there yet.
  Result<void> Take(Resource resource, std::uint64_t amount, std::uint64_t whole, Extent extent);
  void GiveBack(Resource resource, std::uint64_t amount, Extent extent);
  bool TakeHere(Resource resource, std::uint64_t amount);
  std::unexpected<Error> Exceeded(Resource resource, std::uint64_t amount,
                                  std::uint64_t whole) const;

  const std::string owner_;
  const AccountLimits limits_;
  const std::shared_ptr<Account> parent_;
  const Shortage shortage_;
  std::array<std::atomic<std::uint64_t>, kResourceCount> used_{};
};

// A part of an account's budget; keeps the account alive. Movable; an empty one holds nothing. One
// thread at a time.
class NAMESAKE_API Reservation {
 public:
  Reservation() = default;
  Reservation(Reservation&& other) noexcept
      : account_(std::move(other.account_)),
        resource_(other.resource_),
        extent_(other.extent_),
        amount_(std::exchange(other.amount_, 0)) {}
  Reservation& operator=(Reservation&& other) noexcept {
    std::swap(account_, other.account_);
    std::swap(resource_, other.resource_);
    std::swap(extent_, other.extent_);
    std::swap(amount_, other.amount_);
    return *this;
  }
  ~Reservation();

  // Takes more or gives back until `amount` is held. A refusal changes nothing. Not for an empty
  // one. Errors: as Account::Reserve's for `amount`.
  Result<void> Resize(std::uint64_t amount);

  // Takes so much more, for something else than what is held. Not for an empty one. Errors: as
  // Account::Reserve's.
  Result<void> Add(std::uint64_t amount);

  // Holds what `other`, of the same account and resource, has held too.
  void Absorb(Reservation other) {
    if (empty()) return std::swap(*this, other);
    amount_ += std::exchange(other.amount_, 0);
  }

  bool empty() const { return account_ == nullptr; }
  std::uint64_t amount() const { return amount_; }

 private:
  friend class Account;
  Reservation(std::shared_ptr<Account> account, Resource resource, Account::Extent extent,
              std::uint64_t amount)
      : account_(std::move(account)), resource_(resource), extent_(extent), amount_(amount) {}

  std::shared_ptr<Account> account_{};
  Resource resource_ = Resource::kModels;
  Account::Extent extent_ = Account::Extent::kHere;
  std::uint64_t amount_ = 0;
};

}  // namespace namesake

#endif  // NAMESAKE_ACCOUNT_H_
