#include "limits/budget.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "support/matchers.h"

namespace namesake {
namespace {

using test::Fails;
using test::IsOk;

TEST(Budget, GivesUpToTheLimitAndNoMore) {
  const auto budget = Budget::Make("max_models", 3);
  const auto two = budget->Reserve(2);
  ASSERT_THAT(two, IsOk());
  const auto third = budget->Reserve(1);
  ASSERT_THAT(third, IsOk());
  EXPECT_THAT(
      budget->Reserve(1),
      Fails(ErrorCode::kTooLarge, "the limit max_models = 3 is used up (3 in use, 1 asked for)"));
  EXPECT_EQ(budget->used(), 3U);
}

TEST(Budget, TakesAReservationBackWhenItEnds) {
  const auto budget = Budget::Make("max_models", 1);
  {
    auto first = budget->Reserve(1);
    ASSERT_THAT(first, IsOk());
    const Reservation moved = *std::move(first);
    EXPECT_EQ(budget->used(), 1U);
  }
  EXPECT_EQ(budget->used(), 0U);
  EXPECT_THAT(budget->Reserve(1), IsOk());
}

TEST(Budget, WithoutALimitCountsOnly) {
  const auto budget = Budget::Make("max_models", std::nullopt);
  const auto most = budget->Reserve(UINT64_MAX);
  EXPECT_THAT(most, IsOk());
  EXPECT_THAT(budget->Reserve(1), Fails(ErrorCode::kTooLarge, testing::_));
}

TEST(Budget, RefusesAnAmountThatWouldWrapAround) {
  const auto budget = Budget::Make("bytes", 10);
  const auto some = budget->Reserve(5);
  EXPECT_THAT(budget->Reserve(UINT64_MAX), Fails(ErrorCode::kTooLarge, testing::_));
  EXPECT_EQ(budget->used(), 5U);
}

TEST(Budget, OfZeroGivesNothing) {
  EXPECT_THAT(
      Budget::Make("max_contexts", 0)->Reserve(1),
      Fails(ErrorCode::kTooLarge, "the limit max_contexts = 0 is used up (0 in use, 1 asked for)"));
}

TEST(Budget, IsNeverExceededByARace) {
  constexpr std::uint64_t kLimit = 7;
  const auto budget = Budget::Make("places", kLimit);
  std::atomic<int> held = 0;
  std::atomic<int> most = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 32; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 500; ++round) {
          const auto place = budget->Reserve(1);
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
  EXPECT_EQ(budget->used(), 0U);
}

}  // namespace
}  // namespace namesake
