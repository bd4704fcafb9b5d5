// Matchers for results.
#ifndef NAMESAKE_TESTS_SUPPORT_MATCHERS_H_
#define NAMESAKE_TESTS_SUPPORT_MATCHERS_H_

#include <gmock/gmock.h>

#include <ostream>
#include <string>

#include "namesake/error.h"

namespace namesake {

inline void PrintTo(const Error& error, std::ostream* stream) {
  *stream << ErrorCodeName(error.code()) << ": " << error.message();
  if (error.has_detail()) *stream << " (" << error.detail() << ")";
}

}  // namespace namesake

namespace namesake::test {

// EXPECT_THAT(result, IsOk());
MATCHER(IsOk, "is a value") {
  if (arg.has_value()) return true;
  *result_listener << "is the error " << ErrorCodeName(arg.error().code()) << ": "
                   << arg.error().detail();
  return false;
}

// For the message that a guest may read:
// EXPECT_THAT(result, Fails(ErrorCode::kNotFound, "no model …")); the message may be a matcher.
MATCHER_P2(Fails, code, message, "fails with that code and message") {
  if (arg.has_value()) {
    *result_listener << "is a value";
    return false;
  }
  *result_listener << ErrorCodeName(arg.error().code()) << ": " << arg.error().message();
  return arg.error().code() == code &&
         ::testing::Matches(::testing::SafeMatcherCast<const std::string&>(message))(
             arg.error().message());
}

// Like Fails, but for the detail that the operator reads.
MATCHER_P2(FailsInDetail, code, detail, "fails with that code and detail") {
  if (arg.has_value()) {
    *result_listener << "is a value";
    return false;
  }
  *result_listener << ErrorCodeName(arg.error().code()) << ": " << arg.error().detail();
  return arg.error().code() == code &&
         ::testing::Matches(::testing::SafeMatcherCast<const std::string&>(detail))(
             arg.error().detail());
}

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_SUPPORT_MATCHERS_H_
