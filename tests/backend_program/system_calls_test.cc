#include "backend_program/system_calls.h"

#include <gtest/gtest.h>
#include <seccomp.h>

#include <set>
#include <string>

namespace namesake::backend_program {
namespace {

TEST(SystemCalls, AreNamedOnceAndHaveReasons) {
  std::set<std::string_view> names;
  for (const SystemCall& call : SystemCalls()) {
    EXPECT_TRUE(names.insert(call.name).second) << call.name;
    EXPECT_FALSE(call.reason.empty()) << call.name;
  }
}

// A name that is misspelled would be left out of the filter.
TEST(SystemCalls, Exist) {
  for (const SystemCall& call : SystemCalls()) {
    EXPECT_NE(::seccomp_syscall_resolve_name(std::string(call.name).c_str()), __NR_SCMP_ERROR)
        << call.name;
  }
}

}  // namespace
}  // namespace namesake::backend_program
