#include "namesake/account.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "limits/account_limits.h"
#include "support/matchers.h"

namespace namesake {
namespace {

using test::Fails;
using test::IsOk;

std::shared_ptr<Account> WithModels(std::optional<std::uint64_t> max_models,
                                    std::shared_ptr<Account> parent = nullptr,
                                    std::string owner = "the test") {
  AccountLimits limits;
  limits.total(Resource::kModels) = max_models;
  return Account::Make(std::move(owner), limits, std::move(parent));
}

Result<Reservation> Reserve(const std::shared_ptr<Account>& account, std::uint64_t amount) {
  return account->Reserve(Resource::kModels, amount);
}

std::uint64_t Used(const std::shared_ptr<Account>& account) {
  return account->used(Resource::kModels);
}

TEST(Account, GivesUpToTheLimitAndNoMore) {
  const auto account = WithModels(3);
  const auto two = Reserve(account, 2);
  ASSERT_THAT(two, IsOk());
  const auto third = Reserve(account, 1);
  ASSERT_THAT(third, IsOk());
  EXPECT_THAT(Reserve(account, 1),
              Fails(ErrorCode::kResourceExhausted,
                    "the limit max_models = 3 of the test is used up (3 in use, 1 requested)"));
  EXPECT_EQ(Used(account), 3U);
}

TEST(Account, TakesAReservationBackWhenItEnds) {
  const auto account = WithModels(1);
  {
    auto first = Reserve(account, 1);
    ASSERT_THAT(first, IsOk());
    const Reservation moved = *std::move(first);
    EXPECT_EQ(Used(account), 1U);
  }
  EXPECT_EQ(Used(account), 0U);
  EXPECT_THAT(Reserve(account, 1), IsOk());
}

TEST(Account, WithoutALimitCountsOnly) {
  const auto account = WithModels(std::nullopt);
  const auto most = Reserve(account, UINT64_MAX);
  EXPECT_THAT(most, IsOk());
  EXPECT_THAT(Reserve(account, 1), Fails(ErrorCode::kResourceExhausted, testing::_));
}

TEST(Account, RefusesAnAmountThatWouldWrapAround) {
  const auto account = WithModels(10);
  const auto some = Reserve(account, 5);
  EXPECT_THAT(Reserve(account, UINT64_MAX), Fails(ErrorCode::kTooLarge, testing::_));
  EXPECT_EQ(Used(account), 5U);
}

TEST(Account, OfZeroGivesNothing) {
  EXPECT_THAT(Reserve(WithModels(0), 1),
              Fails(ErrorCode::kTooLarge,
                    "the limit max_models = 0 of the test is used up (0 in use, 1 requested)"));
}

TEST(Account, ResourcesAreApart) {
  const auto account = WithModels(1);
  const auto model = Reserve(account, 1);
  EXPECT_THAT(account->Reserve(Resource::kGraphs, 100), IsOk());
  EXPECT_EQ(Used(account), 1U);
}

TEST(Account, TakesFromAllAboveOrFromNone) {
  const auto host = WithModels(3, nullptr, "the host");
  const auto one = WithModels(2, host, "one");
  const auto other = WithModels(std::nullopt, host, "other");
  const auto two = Reserve(one, 2);
  ASSERT_THAT(two, IsOk());
  EXPECT_THAT(Reserve(one, 1),
              Fails(ErrorCode::kResourceExhausted,
                    "the limit max_models = 2 of one is used up (2 in use, 1 requested)"));
  EXPECT_THAT(Reserve(other, 2),
              Fails(ErrorCode::kResourceExhausted,
                    "the limit max_models = 3 of the host is used up (2 in use, 2 requested)"));
  EXPECT_EQ(Used(host), 2U);
  EXPECT_EQ(Used(one), 2U);
  EXPECT_EQ(Used(other), 0U);
}

TEST(Account, AReservationHereLeavesThoseAboveAlone) {
  const auto host = WithModels(0);
  const auto tenant = WithModels(1, host);
  const auto here = tenant->Reserve(Resource::kModels, 1, Account::Extent::kHere);
  ASSERT_THAT(here, IsOk());
  EXPECT_EQ(Used(tenant), 1U);
  EXPECT_EQ(Used(host), 0U);
}

TEST(Account, ThatTellsNothingHidesHowMuchIsInUse) {
  AccountLimits limits;
  limits.total(Resource::kModels) = 3;
  const auto host = Account::Make("the host", limits, nullptr, Account::Shortage::kTellsNothing);
  const auto tenant = WithModels(std::nullopt, host);
  const auto three = Reserve(WithModels(std::nullopt, host), 3);
  ASSERT_THAT(three, IsOk());
  EXPECT_THAT(Reserve(tenant, 1),
              Fails(ErrorCode::kResourceExhausted, "the limit max_models of the host is used up"));
}

// A request that exceeds the limit on its own never fits; one blocked by other reservations may fit
// later.
TEST(Account, TellsWhatNeverFitsFromAShortage) {
  const auto account = WithModels(3);
  auto two = Reserve(account, 2);
  EXPECT_THAT(Reserve(account, 4), Fails(ErrorCode::kTooLarge, testing::_));
  EXPECT_THAT(Reserve(account, 3), Fails(ErrorCode::kResourceExhausted, testing::_));
  // A growing reservation counts as a whole; an additional one counts separately.
  EXPECT_THAT(two->Resize(4), Fails(ErrorCode::kTooLarge, testing::_));
  EXPECT_THAT(two->Add(2), Fails(ErrorCode::kResourceExhausted, testing::_));
  EXPECT_EQ(Used(account), 2U);
  EXPECT_THAT(two->Add(1), IsOk());
  EXPECT_EQ(two->amount(), 3U);
  EXPECT_EQ(Used(account), 3U);
}

TEST(Account, AReservationChangesItsSizeWithinTheLimits) {
  const auto host = WithModels(10);
  const auto tenant = WithModels(5, host);
  auto held = Reserve(tenant, 2);
  EXPECT_THAT(held->Resize(5), IsOk());
  EXPECT_EQ(Used(host), 5U);
  EXPECT_THAT(held->Resize(6), Fails(ErrorCode::kTooLarge, testing::_));
  EXPECT_EQ(held->amount(), 5U);
  EXPECT_THAT(held->Resize(1), IsOk());
  EXPECT_EQ(Used(tenant), 1U);
  EXPECT_EQ(Used(host), 1U);
  held->Absorb(*Reserve(tenant, 3));
  EXPECT_EQ(held->amount(), 4U);
  held = Reservation();
  EXPECT_EQ(Used(host), 0U);
}

TEST(Account, ChecksOneModelAndOneTensorHereAndAbove) {
  AccountLimits limits;
  limits.max_model_bytes = 10;
  limits.max_tensor_bytes = 20;
  const auto host = Account::Make("the host", limits);
  limits = {};
  limits.max_model_bytes = 15;
  const auto tenant = Account::Make("the tenant", limits, host);
  EXPECT_THAT(tenant->CheckModelBytes(10), IsOk());
  EXPECT_THAT(
      tenant->CheckModelBytes(11),
      Fails(ErrorCode::kTooLarge, "a model of 11 B is above max_model_bytes = 10 B of the host"));
  EXPECT_THAT(
      tenant->CheckModelBytes(16),
      Fails(ErrorCode::kTooLarge, "a model of 16 B is above max_model_bytes = 15 B of the tenant"));
  EXPECT_THAT(tenant->CheckTensorBytes(20), IsOk());
  EXPECT_THAT(
      tenant->CheckTensorBytes(21),
      Fails(ErrorCode::kTooLarge, "a tensor of 21 B is above max_tensor_bytes = 20 B of the host"));
}

TEST(Account, TheMemoryOfWorkersIsLimitedForTheHostAndATenant) {
  const auto host = Account::Make(
      "the host",
      limits::ToAccountLimits(HostLimits{.max_worker_memory_bytes = std::uint64_t{3} << 20}));
  const auto tenant = Account::Make(
      "the tenant",
      limits::ToAccountLimits(TenantLimits{.max_worker_memory_bytes = std::uint64_t{2} << 20}),
      host);
  const auto held = tenant->Reserve(Resource::kWorkerMemory, std::uint64_t{2} << 20);
  ASSERT_THAT(held, IsOk());
  EXPECT_THAT(tenant->Reserve(Resource::kWorkerMemory, 1024),
              Fails(ErrorCode::kResourceExhausted,
                    "the limit max_worker_memory_bytes = 2 MiB of the tenant is used up (2 MiB in "
                    "use, 1 KiB requested)"));
  EXPECT_EQ(host->used(Resource::kWorkerMemory), std::uint64_t{2} << 20);
}

TEST(Account, IsNeverExceededByARace) {
  constexpr std::uint64_t kLimit = 7;
  const auto account = WithModels(100, WithModels(kLimit));
  std::atomic<int> held = 0;
  std::atomic<int> most = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 32; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 500; ++round) {
          const auto place = Reserve(account, 1);
          if (!place) continue;
          const int now = ++held;
          int seen = most.load();
          while (now > seen && !most.compare_exchange_weak(seen, now)) {
          }
          --held;
        }
      });
    }
  }
  EXPECT_LE(most.load(), static_cast<int>(kLimit));
  EXPECT_EQ(Used(account), 0U);
}

}  // namespace
}  // namespace namesake
