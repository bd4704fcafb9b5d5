#include "namesake/error.h"

#include <gtest/gtest.h>

#include <set>

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
            Error(ErrorCode::kInternal, "a defect of the host", "/m threw"));
}

}  // namespace
}  // namespace namesake
