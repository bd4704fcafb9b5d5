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
}

}  // namespace namesake

namespace namesake::test {

// EXPECT_THAT(result, IsOk());
MATCHER(IsOk, "is a value") {
  if (arg.has_value()) return true;
  *result_listener << "is the error " << ErrorCodeName(arg.error().code()) << ": "
                   << arg.error().message();
  return false;
}

// EXPECT_THAT(result, Fails(ErrorCode::kNotFound, "there is no …")); the message may be a matcher.
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

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_SUPPORT_MATCHERS_H_
