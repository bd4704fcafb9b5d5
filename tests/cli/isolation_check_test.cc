#include "cli/isolation_check.h"

#include <gmock/gmock.h>

#include "config/support.h"

namespace namesake::cli {
namespace {

using test::Parse;
using test::TextsOf;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kSentence =
    ": isolation = \"process\" is only for programs that embed the library; the command loads "
    "models in processes of their tenants: write \"tenant\", or remove the setting";

std::string At(std::string_view place) { return std::string(place) + std::string(kSentence); }

TEST(IsolationCheck, FindsEachSettingThatLoadsInTheProcess) {
  const Config config = Parse(R"([host]
isolation = "process"
[[models]]
name = "a"
path = "a"
isolation = "Process"
[[models]]
name = "b"
path = "b"
isolation = "tenant"
[tenants.acme]
isolation = "process"
[[tenants.acme.models]]
name = "c"
path = "c"
isolation = "process"
[tenants.other]
isolation = "tenant"
)",
                              {"tenants.other.isolation=process"});
  EXPECT_THAT(TextsOf(FindProcessIsolation(config)),
              ElementsAre(At("acme.toml:2:13"), At("acme.toml:6:13"), At("acme.toml:12:13"),
                          At("acme.toml:16:13"), At("--set tenants.other.isolation=process")));
}

TEST(IsolationCheck, FindsNothingInWhatIsNotWritten) {
  EXPECT_THAT(FindProcessIsolation(Parse("[tenants.acme]")), IsEmpty());
  Config config = Parse("[host]\nisolation = \"tenant\"");
  EXPECT_THAT(FindProcessIsolation(config), IsEmpty());
}

TEST(IsolationCheck, RefusesAsSoonAsTheProcessIsNotTheDefault) {
  const Config config = Parse("[host]\nisolation = \"process\"");
  EXPECT_EQ(CheckIsolation(config).size(), kDefaultIsolation == Isolation::kProcess ? 0U : 1U);
}

}  // namespace
}  // namespace namesake::cli
