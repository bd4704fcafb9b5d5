// The example programs, built and run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "guests/guest_run.h"

namespace namesake::test {
namespace {

TEST(Example, RunsAGuestAsATenantOfAConfigurationFile) {
  const TempDir dir;
  const auto file = dir.Write("namesake.toml", R"(
    [[models]]
    name = "efficientnet"
    path = ")" + (kSourceDir / "examples/models/efficientnet-lite0.onnx").string() +
                                                   R"("
    [tenants.acme]
    grants = [{ model = "efficientnet", as = "photo" }]
    [tenants.other]
  )");
  const auto run = [&](const std::string& tenant) {
    return RunProcess({NAMESAKE_EMBED_GUEST, file, tenant, kGuestDir / "first.wasm"});
  };
  const ProcessResult acme = run("acme");
  EXPECT_EQ(acme.exit_code, 0) << acme;
  EXPECT_EQ(acme.out, "class 649 of 1000\n");
  const ProcessResult other = run("other");
  EXPECT_EQ(other.exit_code, 1) << other;
  EXPECT_EQ(other.err, "wasi-nn: load_by_name \"photo\" failed: not_found\n");
}

}  // namespace
}  // namespace namesake::test
