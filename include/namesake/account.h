// Accounts and reservations: who uses how much of what.
//
// The host, each tenant and each instance have an account with a budget for each resource. A
// reservation is taken before the work, from an account and all those above it, and is given back
// when its owner ends, so callers racing for the last unit never exceed a limit. Safe for all
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

// The resources that accounts count.
enum class Resource : std::uint8_t {
  kModels,
  kModelBytes,   // All models together.
  kTensorBytes,  // All tensors together.
  kGraphs,
  kContexts,
  kTensors,       // Tensor resources that components hold.
  kWorkerMemory,  // Of all workers together, in bytes.
  kWorkers,       // Processes.
};
inline constexpr std::size_t kResourceCount = 8;

// The limit's name as it is spelled in the configuration, such as "max_total_model_bytes".
NAMESAKE_API std::string_view LimitName(Resource resource);

// The budget of an account. An empty optional means "no limit".
struct AccountLimits {
  std::array<std::optional<std::uint64_t>, kResourceCount> totals{};
  // The largest single model and the largest single tensor, in bytes.
  std::optional<std::uint64_t> max_model_bytes{};
  std::optional<std::uint64_t> max_tensor_bytes{};
  // Loads that may run at once; further loads wait for their turn.
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
  // Whether an error says how much is in use. A tenant must not learn that about an account that
  // tenants share.
  enum class Shortage : std::uint8_t { kTellsUse, kTellsNothing };

  // `owner` is the account's name in messages, such as "tenant \"acme\"". `parent` may be null.
  static std::shared_ptr<Account> Make(std::string owner, const AccountLimits& limits,
                                       std::shared_ptr<Account> parent = nullptr,
                                       Shortage shortage = Shortage::kTellsUse);

  // Takes `amount` from every account in `extent`, or from none. Errors, which name the limit and
  // its owner: too_large if `amount` alone exceeds the limit; resource_exhausted if it does not fit
  // beside what is in use.
  Result<Reservation> Reserve(Resource resource, std::uint64_t amount,
                              Extent extent = Extent::kHereAndAbove);

  // Checks the size of one model or tensor against the limits here and above. Errors: too_large,
  // naming the limit.
  Result<void> CheckModelBytes(std::uint64_t bytes) const;
  Result<void> CheckTensorBytes(std::uint64_t bytes) const;

  // The amount in use; a snapshot.
  std::uint64_t used(Resource resource) const;
  const AccountLimits& limits() const { return limits_; }
  // The least of the limits here and above; empty if there is none.
  std::optional<std::uint64_t> LeastTotal(Resource resource) const;
  const std::string& owner() const { return owner_; }

 private:
  friend class Reservation;

  Account(std::string owner, const AccountLimits& limits, std::shared_ptr<Account> parent,
          Shortage shortage);
  Account* Above(Extent extent) const { return extent == Extent::kHere ? nullptr : parent_.get(); }
  // `amount` is the part of `whole` that is not taken yet.
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

// A part of an account's budget. Keeps the account alive. Movable; an empty one holds nothing. Use
// it from one thread at a time.
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

  // Takes more or gives some back until `amount` is held. Changes nothing when it fails. Must not
  // be called on an empty reservation. Errors: those of Account::Reserve for `amount`.
  Result<void> Resize(std::uint64_t amount);

  // Takes `amount` in addition, for another thing than the one already held: the error is too_large
  // only if `amount` alone exceeds the limit. Must not be called on an empty reservation. Errors:
  // those of Account::Reserve.
  Result<void> Add(std::uint64_t amount);

  // Takes over what `other` holds, which must be of the same account and resource.
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
