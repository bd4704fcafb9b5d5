#include "namesake/error.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <type_traits>
#include <utility>

#include "base/fail.h"

namespace namesake {
namespace {

TEST(Error, EveryCodeHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (int code = 0; code < kErrorCodeCount; ++code) {
    names.insert(ErrorCodeName(static_cast<ErrorCode>(code)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kErrorCodeCount));
  EXPECT_EQ(ErrorCodeName(ErrorCode::kInvalidArgument), "invalid_argument");
  EXPECT_EQ(ErrorCodeName(ErrorCode::kInternal), "internal");
  EXPECT_EQ(ErrorCodeName(ErrorCode::kResourceExhausted), "resource_exhausted");
}

TEST(Error, ContextStandsBeforeTheMessage) {
  const Error error(ErrorCode::kTimeout, "too slow");
  EXPECT_EQ(error.WithContext("--nn-preload a"),
            Error(ErrorCode::kTimeout, "--nn-preload a: too slow"));
  const Error two(ErrorCode::kTimeout, "too slow", "/dev/sda is too slow");
  EXPECT_EQ(two.WithContext("a"),
            Error(ErrorCode::kTimeout, "a: too slow", "a: /dev/sda is too slow"));
  EXPECT_EQ(two.WithContext(Wording("the model", "/m")),
            Error(ErrorCode::kTimeout, "the model: too slow", "/m: /dev/sda is too slow"));
  EXPECT_EQ(error.WithContext(Wording("the model", "/m")),
            Error(ErrorCode::kTimeout, "the model: too slow", "/m: too slow"));
}

TEST(Error, ADetailThatTellsNoMoreIsNone) {
  const Error error(ErrorCode::kTimeout, "too slow", "too slow");
  EXPECT_FALSE(error.has_detail());
  EXPECT_EQ(error.detail(), "too slow");
  EXPECT_EQ(error, Error(ErrorCode::kTimeout, "too slow"));
}

TEST(Error, ContextAndCodeLeaveTheRestAsItIs) {
  const Error error = Error(ErrorCode::kTooLarge, "no room", "no room in /m").AtLimit("max_models");
  EXPECT_EQ(error.WithContext("a").limit(), "max_models");
  EXPECT_EQ(error.WithCode(ErrorCode::kResourceExhausted),
            Error(ErrorCode::kResourceExhausted, "no room", "no room in /m").AtLimit("max_models"));
}

TEST(Fail, SaysASentenceToBothAsEachMayReadIt) {
  const Wording name("the model", "/srv/m.onnx");
  const Error error =
      base::Fail(ErrorCode::kRuntimeError, "{} has {} parts, not {}", name, 3, "one").error();
  EXPECT_EQ(error.message(), "the model has 3 parts, not one");
  EXPECT_EQ(error.detail(), "/srv/m.onnx has 3 parts, not one");
  EXPECT_FALSE(base::Fail(ErrorCode::kRuntimeError, "{} of {}", 1, "2").error().has_detail());
  const Error at_limit =
      base::FailAt("max_models", ErrorCode::kTooLarge, "{}", Wording("a", "b")).error();
  EXPECT_EQ(at_limit, Error(ErrorCode::kTooLarge, "a", "b").AtLimit("max_models"));
  EXPECT_EQ(base::Fail(ErrorCode::kTimeout, name).error(),
            Error(ErrorCode::kTimeout, "the model", "/srv/m.onnx"));
}

TEST(Fail, ADefectIsTheOperatorsToReadAlone) {
  EXPECT_EQ(base::FailInternal("{} threw", "/m").error(),
            Error(ErrorCode::kInternal, "an internal error of the host", "/m threw"));
}

struct Animal {
  virtual ~Animal() = default;
};
struct Dog : Animal {};

// Result supports the conversions that std::expected does, including that from std::unexpected.
static_assert(std::is_convertible_v<int, Result<int>>);
static_assert(std::is_convertible_v<std::unexpected<Error>, Result<void>>);
static_assert(std::is_convertible_v<std::unexpected<Error>, Result<std::string>>);
static_assert(std::is_convertible_v<const char*, Result<std::string>>);
static_assert(std::is_convertible_v<Result<std::unique_ptr<Dog>>, Result<std::unique_ptr<Animal>>>);
static_assert(
    std::is_convertible_v<const Result<std::shared_ptr<Dog>>&, Result<std::shared_ptr<Animal>>>);
static_assert(!std::is_convertible_v<Error, Result<int>>);
static_assert(std::is_convertible_v<const Result<bool>&, Result<bool>>);
static_assert(std::is_constructible_v<Result<bool>, Result<bool>&>);
static_assert(!std::is_constructible_v<Result<int>, Result<std::string>>);
static_assert(!std::is_constructible_v<Result<void>, Result<int>>);
// The success of another result is not a value.
static_assert(!std::is_constructible_v<Result<bool>, Result<int>>);
static_assert(!std::is_constructible_v<Result<bool>, const Result<std::string>&>);
static_assert(!std::is_constructible_v<Result<bool>, Result<void>&>);
// A Result of a move-only value can be moved, without throwing, but not copied.
static_assert(!std::is_copy_constructible_v<Result<std::unique_ptr<int>>>);
static_assert(std::is_nothrow_move_constructible_v<Result<std::unique_ptr<int>>>);
static_assert(std::is_copy_constructible_v<Result<std::string>>);
static_assert(std::is_copy_assignable_v<Result<std::string>>);
static_assert(std::is_default_constructible_v<Result<void>>);

Result<void> Succeed() { return {}; }

TEST(Result, OfABoolIsTheBool) {
  Result<bool> no = false;
  Result<bool> copied(no);
  const Result<bool> moved(std::move(no));
  ASSERT_TRUE(copied.has_value());
  EXPECT_FALSE(*copied);
  EXPECT_FALSE(moved.value());
  copied = true;
  EXPECT_TRUE(*copied);
  copied = base::Fail(ErrorCode::kBusy, "no");
  EXPECT_FALSE(copied.has_value());
  copied = moved;
  EXPECT_FALSE(copied.value());
}

TEST(Result, HandsItsValueOn) {
  Result<std::unique_ptr<Dog>> dog = std::make_unique<Dog>();
  const Dog* const before = dog->get();
  const Result<std::unique_ptr<Animal>> animal = std::move(dog);
  EXPECT_EQ(animal->get(), before);
  const Result<std::string> text =
      true ? Result<std::string>("a") : std::unexpected(animal.error());
  EXPECT_EQ(text, "a");
  EXPECT_TRUE(Succeed().has_value());
}

TEST(Result, EqualsAnotherByValueOrByError) {
  const Result<int> one = 1;
  const Result<int> busy = base::Fail(ErrorCode::kBusy, "no");
  EXPECT_EQ(one, Result<int>(1));
  EXPECT_NE(one, Result<int>(2));
  EXPECT_NE(one, busy);
  EXPECT_EQ(busy, Result<int>(busy));
  EXPECT_EQ(Succeed(), Result<void>());
}

}  // namespace
}  // namespace namesake
