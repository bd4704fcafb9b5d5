#include <gmock/gmock.h>

#include <chrono>

#include "config/support.h"
#include "namesake/config.h"

namespace namesake {
namespace {

using namespace std::chrono_literals;
using test::Parse;
using test::ProblemsOf;
using testing::ElementsAre;

constexpr std::string_view kFile = R"([host]
cache_dir = "cache"
[host.limits]
max_models = 64
max_loads = 8
[tenants.acme.limits]
max_models = 4
[tenants."a.b=c"]
)";

TEST(Overrides, TakeTheFilesPlaceAndLeaveTheRest) {
  const Config config = Parse(kFile, {"host.limits.max_models=3"});
  EXPECT_EQ(config.limits.max_models, 3U);
  EXPECT_EQ(config.limits.max_loads, 8U);
}

TEST(Overrides, AddWhatTheFileLeavesOut) {
  const Config config =
      Parse(kFile, {"tenants.acme.guest_load = true", "host.backends=[\"openvino\"]",
                    "tenants.acme.instance_limits={max_graphs=5, max_contexts=6}"});
  EXPECT_EQ(config.tenants[0].options.policy.guest_load, GuestLoad::kAllowed);
  EXPECT_EQ(config.tenants[0].options.instance_limits.max_graphs, 5U);
  EXPECT_EQ(config.tenants[0].options.instance_limits.max_contexts, 6U);
  EXPECT_THAT(config.backends, ElementsAre("openvino"));
}

TEST(Overrides, AValueWithoutQuotesIsAText) {
  const Config config = Parse(kFile, {"tenants.acme.limits.inference_timeout=250ms",
                                      "tenants.acme.limits.load_timeout=\"2 s\"",
                                      "host.failed_load_ttl= 1 min ", "host.cache_dir=/a=b"});
  EXPECT_EQ(config.tenants[0].options.limits.inference_timeout, 250ms);
  EXPECT_EQ(config.tenants[0].options.limits.load_timeout, 2s);
  EXPECT_EQ(config.failed_load_ttl, 1min);
  EXPECT_EQ(config.cache_dir, "/a=b");
}

TEST(Overrides, TheLaterOneCounts) {
  EXPECT_EQ(
      Parse(kFile, {"host.limits.max_models=3", "host.limits.max_models=5"}).limits.max_models, 5U);
}

TEST(Overrides, AQuotedKeyMayHaveDotsAndEqualSigns) {
  const Config config = Parse(kFile, {"tenants.\"a.b=c\".host_models=all"});
  EXPECT_EQ(config.tenants[1].options.name, "a.b=c");
  EXPECT_EQ(config.tenants[1].options.policy.host_models, HostModels::kAll);
}

TEST(Overrides, RelativePathsAreRelativeToTheWorkingDirectory) {
  const Config config = Parse(kFile, {"host.snapshot_dir=snapshots"}, "/etc/acme.toml");
  EXPECT_EQ(config.cache_dir, "/etc/cache");
  EXPECT_EQ(config.snapshot_dir, "snapshots");
}

TEST(Overrides, WhatIsWrongInThemIsNamedByThem) {
  EXPECT_THAT(
      ProblemsOf(kFile,
                 {"host.limits.max_modles=3", "host.limits.max_loads=0", "host.failed_load_ttl=5"}),
      ElementsAre("--set host.limits.max_modles=3: unknown setting \"max_modles\" in "
                  "[host.limits]; did you mean \"max_models\"?",
                  "--set host.limits.max_loads=0: max_loads must be at least 1, not 0",
                  "--set host.failed_load_ttl=5: failed_load_ttl must be a duration such as "
                  "\"250 ms\", not an integer"));
}

TEST(Overrides, OfALimitLowerWhatTheFileHasBelowIt) {
  EXPECT_THAT(ProblemsOf(kFile, {"host.limits.max_models=3"}), ElementsAre());
  EXPECT_THAT(ProblemsOf("host.limits.max_model_bytes = \"2 B\"",
                         {"host.limits.max_total_model_bytes=1 B"}),
              ElementsAre());
}

TEST(Overrides, MayNotExceedTheLimitsAboveThem) {
  const std::string over = "tenants.acme.limits.max_models=65";
  EXPECT_THAT(ProblemsOf(kFile, {over}),
              ElementsAre("--set " + over + ": max_models is 65, but the host's is 64"));
  EXPECT_THAT(ProblemsOf(kFile, {over, "host.limits.max_models=2"}),
              ElementsAre("--set " + over + ": max_models is 65, but the host's is 2"));
}

TEST(Overrides, CantLowerALimitBelowTheModelsOfTheFile) {
  EXPECT_THAT(
      ProblemsOf("models = [{ name = \"a\", path = \"a\" }, { name = \"b\", path = \"b\" }]",
                 {"host.limits.max_models=1"}),
      ElementsAre("--set host.limits.max_models=1: max_models is 1, but the number of models "
                  "here is 2"));
}

TEST(Overrides, AddNoTenant) {
  EXPECT_THAT(ProblemsOf(kFile, {"tenants.acmee.guest_load=true"}),
              ElementsAre("--set tenants.acmee.guest_load=true: unknown tenant \"acmee\" in the "
                          "file; did you mean \"acme\"?"));
}

TEST(Overrides, AreAKeyAndAValueInOneLine) {
  const std::string expected = ": expected KEY=VALUE with a key such as host.limits.max_models";
  EXPECT_THAT(
      ProblemsOf("", {"host", "=3", "a b=3", "#=3", "[host]=3", ""}),
      ElementsAre("--set host" + expected, "--set =3" + expected, "--set a b=3" + expected,
                  "--set #=3" + expected, "--set [host]=3" + expected, "--set " + expected));
  EXPECT_THAT(ProblemsOf("", {"host.cache_dir=\"a\"\nmodels=1"}),
              ElementsAre("--set host.cache_dir=\"a\"\\x0amodels=1: has a control character or is "
                          "not UTF-8"));
}

TEST(Overrides, OfAWholeTableAreCheckedAsTheFileIs) {
  EXPECT_THAT(ProblemsOf(kFile, {"host=3", "models.a.path=x"}),
              ElementsAre("--set host=3: host must be a table, not an integer",
                          "--set models.a.path=x: models must be a list of tables, each headed "
                          "[[models]], not a table"));
}

}  // namespace
}  // namespace namesake
