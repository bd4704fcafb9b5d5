#include "namesake/error.h"

#include <gtest/gtest.h>

#include <set>

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
}

TEST(Error, ContextStandsBeforeTheMessage) {
  const Error error(ErrorCode::kTimeout, "too slow");
  EXPECT_EQ(error.WithContext("--nn-preload a"),
            Error(ErrorCode::kTimeout, "--nn-preload a: too slow"));
}

}  // namespace
}  // namespace namesake
