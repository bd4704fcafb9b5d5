// What an execution context reserves from its view's account, also for shared tensors.
#include "view/open_context.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "backend_fake/fake_backend.h"
#include "support/matchers.h"

namespace namesake {
namespace {

using test::Fails;
using test::IsOk;

class OpenContextTest : public testing::Test {
 protected:
  OpenContextTest() {
    AccountLimits limits;
    limits.total(Resource::kTensorBytes) = 100;
    account_ = Account::Make("the test", limits);
  }

  Result<view::OpenContext> Make(std::string_view script) {
    fake::Backend backend({Encoding::kOnnx}, counters_);
    auto graph = backend.Load(fake::NewModel(script), {}, Deadline::Never()).value();
    return view::OpenContext::Make(
        {.lease = Lease(std::move(graph), Placement::Tenant(1)), .brought = nullptr}, *account_);
  }
  view::OpenContext Open(std::string_view script) { return Make(script).value(); }

  static SharedTensor Bytes(std::size_t count) {
    const std::vector<std::uint64_t> dims = {count};
    const std::vector<std::byte> data(count, std::byte{7});
    return CopyTensor({.type = ElementType::kU8, .dims = dims, .data = data}).value();
  }

  std::uint64_t Reserved() const { return account_->used(Resource::kTensorBytes); }

  fake::Counters counters_;
  std::shared_ptr<Account> account_;
};

TEST_F(OpenContextTest, ASharedInputOfAVariableSizeIsReservedWhileItIsSet) {
  view::OpenContext context = Open("in u8 ?\nout u8 10");
  EXPECT_EQ(Reserved(), 10U);
  ASSERT_THAT(context.ShareInput(0, Bytes(60)), IsOk());
  EXPECT_EQ(Reserved(), 70U);
  ASSERT_THAT(context.ShareInput(0, Bytes(20)), IsOk());
  EXPECT_EQ(Reserved(), 30U);
  ASSERT_THAT(context.SetInput(0, Bytes(30).view()), IsOk());
  EXPECT_EQ(Reserved(), 40U);
}

TEST_F(OpenContextTest, ASharedInputBeyondTheLimitIsRefusedAndNotHeld) {
  view::OpenContext context = Open("in u8 ?\nout u8 10");
  ASSERT_THAT(context.ShareInput(0, Bytes(5)), IsOk());
  const SharedTensor large = Bytes(91);
  const auto refused = context.ShareInput(0, large);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kTooLarge);
  EXPECT_EQ(large.bytes.use_count(), 1);
  EXPECT_EQ(Reserved(), 15U);
  ASSERT_THAT(context.Compute(Deadline::Never()), IsOk());
}

TEST_F(OpenContextTest, ASharedInputThatTheGraphRefusesReservesNothing) {
  view::OpenContext context = Open("in u8 ?\nout u8 10");
  SharedTensor wrong = Bytes(20);
  wrong.type = ElementType::kI8;
  EXPECT_THAT(context.ShareInput(0, wrong),
              Fails(ErrorCode::kInvalidArgument, "input 0 (\"in0\") expects u8 [?], got i8 [20]"));
  EXPECT_THAT(context.ShareInput(3, Bytes(20)),
              Fails(ErrorCode::kInvalidArgument, "unknown input 3; the graph has 1"));
  EXPECT_EQ(Reserved(), 10U);
}

TEST_F(OpenContextTest, AnOutputOfAVariableSizeCountsWithTheMostThatItHasHad) {
  view::OpenContext context = Open("io u8 ?");
  const auto compute = [&](std::size_t bytes) {
    EXPECT_THAT(context.SetInput(0, Bytes(bytes).view()), IsOk());
    return context.Compute(Deadline::Never());
  };
  ASSERT_THAT(compute(10), IsOk());
  EXPECT_EQ(Reserved(), 20U);
  ASSERT_THAT(compute(40), IsOk());
  EXPECT_EQ(Reserved(), 80U);
  ASSERT_THAT(compute(1), IsOk());
  EXPECT_EQ(Reserved(), 41U);
  // A refused output is released, and so is all memory of the context before it.
  EXPECT_FALSE(compute(51));
  EXPECT_EQ(Reserved(), 0U);
}

TEST_F(OpenContextTest, SizesWhoseSumIsBeyond64BitsAreNotTakenForSmallOnes) {
  EXPECT_THAT(Make("in u8 18446744073709551615\nio u8 9"),
              Fails(ErrorCode::kTooLarge,
                    "the graph's inputs and outputs are larger than any memory; no execution "
                    "context can be created"));
  EXPECT_EQ(Reserved(), 0U);
}

TEST_F(OpenContextTest, AKeptOutputIsTheKeepersToReserve) {
  SharedTensor kept;
  {
    view::OpenContext context = Open("in u8 20\nout u8 10");
    EXPECT_EQ(Reserved(), 30U);
    ASSERT_THAT(context.ShareInput(0, Bytes(20)), IsOk());
    ASSERT_THAT(context.Compute(Deadline::Never()), IsOk());
    kept = context.ShareOutput(0).value();
    EXPECT_EQ(Reserved(), 30U);
  }
  EXPECT_EQ(Reserved(), 0U);
  EXPECT_EQ(kept.size, 10U);
}

}  // namespace
}  // namespace namesake
