#include "namesake/isolation.h"

#include <gtest/gtest.h>

namespace namesake {
namespace {

TEST(Isolation, HasNames) {
  EXPECT_EQ(IsolationName(Isolation::kProcess), "process");
  EXPECT_EQ(IsolationName(Isolation::kTenant), "tenant");
  EXPECT_EQ(IsolationName(Isolation::kHost), "host");
  EXPECT_EQ(ParseIsolation("process"), Isolation::kProcess);
  EXPECT_EQ(ParseIsolation("HOST"), Isolation::kHost);
  EXPECT_EQ(ParseIsolation("Tenant"), Isolation::kTenant);
  EXPECT_EQ(ParseIsolation("tenants"), std::nullopt);
}

TEST(Sandbox, HasNames) {
  EXPECT_EQ(SandboxName(Sandbox::kStrict), "strict");
  EXPECT_EQ(SandboxName(Sandbox::kBestEffort), "best effort");
  EXPECT_EQ(ParseSandbox("STRICT"), Sandbox::kStrict);
  EXPECT_EQ(ParseSandbox("best effort"), Sandbox::kBestEffort);
  EXPECT_EQ(ParseSandbox("best_effort"), std::nullopt);
}

}  // namespace
}  // namespace namesake
