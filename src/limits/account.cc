#include "namesake/account.h"

#include <limits>
#include <string>

#include "base/fail.h"
#include "base/units.h"

namespace namesake {
namespace {

std::size_t Index(Resource resource) { return static_cast<std::size_t>(resource); }

std::string AmountText(Resource resource, std::uint64_t amount) {
  const bool is_bytes = resource == Resource::kModelBytes || resource == Resource::kTensorBytes ||
                        resource == Resource::kWorkerMemory;
  return is_bytes ? base::BytesText(amount) : std::to_string(amount);
}

}  // namespace

std::string_view LimitName(Resource resource) {
  switch (resource) {
    case Resource::kModels:
      return "max_models";
    case Resource::kModelBytes:
      return "max_total_model_bytes";
    case Resource::kTensorBytes:
      return "max_total_tensor_bytes";
    case Resource::kGraphs:
      return "max_graphs";
    case Resource::kContexts:
      return "max_contexts";
    case Resource::kTensors:
      return "max_tensors";
    case Resource::kWorkerMemory:
      return "max_worker_memory_bytes";
    case Resource::kWorkers:
      return "max_workers";
  }
  return "";
}

Account::Account(std::string owner, const AccountLimits& limits, std::shared_ptr<Account> parent,
                 Shortage shortage)
    : owner_(std::move(owner)), limits_(limits), parent_(std::move(parent)), shortage_(shortage) {}

std::shared_ptr<Account> Account::Make(std::string owner, const AccountLimits& limits,
                                       std::shared_ptr<Account> parent, Shortage shortage) {
  return std::shared_ptr<Account>(
      new Account(std::move(owner), limits, std::move(parent), shortage));
}

Result<Reservation> Account::Reserve(Resource resource, std::uint64_t amount, Extent extent) {
  if (auto taken = Take(resource, amount, amount, extent); !taken) {
    return base::Fail(std::move(taken));
  }
  return Reservation(shared_from_this(), resource, extent, amount);
}

Result<void> Account::Take(Resource resource, std::uint64_t amount, std::uint64_t whole,
                           Extent extent) {
  for (Account* account = this; account != nullptr; account = account->Above(extent)) {
    if (account->TakeHere(resource, amount)) continue;
    for (Account* taken = this; taken != account; taken = taken->Above(extent)) {
      taken->GiveBack(resource, amount, Extent::kHere);
    }
    return account->Exceeded(resource, amount, whole);
  }
  return {};
}

void Account::GiveBack(Resource resource, std::uint64_t amount, Extent extent) {
  for (Account* account = this; account != nullptr; account = account->Above(extent)) {
    account->used_[Index(resource)].fetch_sub(amount, std::memory_order_relaxed);
  }
}

bool Account::TakeHere(Resource resource, std::uint64_t amount) {
  const std::uint64_t limit =
      limits_.totals[Index(resource)].value_or(std::numeric_limits<std::uint64_t>::max());
  std::atomic<std::uint64_t>& counter = used_[Index(resource)];
  std::uint64_t used = counter.load(std::memory_order_relaxed);
  do {
    if (amount > limit - used) return false;
  } while (!counter.compare_exchange_weak(used, used + amount, std::memory_order_relaxed));
  return true;
}

std::unexpected<Error> Account::Exceeded(Resource resource, std::uint64_t amount,
                                         std::uint64_t whole) const {
  const auto& limit = limits_.totals[Index(resource)];
  const bool fits = !limit || whole <= *limit;
  const ErrorCode code = fits ? ErrorCode::kResourceExhausted : ErrorCode::kTooLarge;
  if (shortage_ == Shortage::kTellsNothing) {
    return base::FailAt(LimitName(resource), code, "the limit {} of {} is used up",
                        LimitName(resource), owner_);
  }
  return base::FailAt(LimitName(resource), code,
                      "the limit {} = {} of {} is used up ({} in use, {} requested)",
                      LimitName(resource), AmountText(resource, limit.value_or(0)), owner_,
                      AmountText(resource, used(resource)), AmountText(resource, amount));
}

Result<void> Account::CheckModelBytes(std::uint64_t bytes) const {
  for (const Account* account = this; account != nullptr; account = account->parent_.get()) {
    const auto& limit = account->limits_.max_model_bytes;
    if (limit && bytes > *limit) {
      return base::FailAt("max_model_bytes", ErrorCode::kTooLarge,
                          "a model of {} is above max_model_bytes = {} of {}",
                          base::BytesText(bytes), base::BytesText(*limit), account->owner_);
    }
  }
  return {};
}

Result<void> Account::CheckTensorBytes(std::uint64_t bytes) const {
  for (const Account* account = this; account != nullptr; account = account->parent_.get()) {
    const auto& limit = account->limits_.max_tensor_bytes;
    if (limit && bytes > *limit) {
      return base::FailAt("max_tensor_bytes", ErrorCode::kTooLarge,
                          "a tensor of {} is above max_tensor_bytes = {} of {}",
                          base::BytesText(bytes), base::BytesText(*limit), account->owner_);
    }
  }
  return {};
}

std::uint64_t Account::used(Resource resource) const {
  return used_[Index(resource)].load(std::memory_order_relaxed);
}

std::optional<std::uint64_t> Account::LeastTotal(Resource resource) const {
  std::optional<std::uint64_t> least;
  for (const Account* account = this; account != nullptr; account = account->parent_.get()) {
    const auto& total = account->limits_.totals[Index(resource)];
    if (total && (!least || *total < *least)) least = total;
  }
  return least;
}

Reservation::~Reservation() {
  if (account_ != nullptr) account_->GiveBack(resource_, amount_, extent_);
}

Result<void> Reservation::Resize(std::uint64_t amount) {
  if (amount > amount_) {
    auto taken = account_->Take(resource_, amount - amount_, amount, extent_);
    if (!taken) return taken;
  } else {
    account_->GiveBack(resource_, amount_ - amount, extent_);
  }
  amount_ = amount;
  return {};
}

Result<void> Reservation::Add(std::uint64_t amount) {
  if (auto taken = account_->Take(resource_, amount, amount, extent_); !taken) return taken;
  amount_ += amount;
  return {};
}

}  // namespace namesake
