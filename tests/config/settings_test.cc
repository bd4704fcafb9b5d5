#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <string>

#include "config/support.h"
#include "namesake/config.h"

namespace namesake {
namespace {

using test::ProblemsOf;

constexpr std::string_view kBegin = "<!-- From here on written by configuration_reference. -->\n\n";

TEST(Settings, TheReferenceInTheDocumentIsInStep) {
  std::ifstream file(NAMESAKE_SOURCE_DIR "/docs/configuration.md");
  const std::string document(std::istreambuf_iterator<char>(file), {});
  const std::size_t begin = document.find(kBegin);
  ASSERT_NE(begin, std::string::npos);
  EXPECT_EQ(document.substr(begin + kBegin.size()), SettingsReference())
      << "cmake --build --preset dev --target configuration_reference writes it anew";
}

// Users start from the document's example, so it must be valid.
TEST(Settings, TheExampleInTheDocumentIsRight) {
  std::ifstream file(NAMESAKE_SOURCE_DIR "/docs/configuration.md");
  const std::string document(std::istreambuf_iterator<char>(file), {});
  const std::size_t begin = document.find("```toml\n");
  ASSERT_NE(begin, std::string::npos);
  const std::size_t end = document.find("```", begin + 3);
  EXPECT_THAT(ProblemsOf(document.substr(begin + 8, end - begin - 8)), testing::IsEmpty());
}

// A document that sets one setting in its proper place.
std::string With(const SettingDescription& setting, const std::string& value) {
  const std::string line = setting.key + " = " + value + "\n";
  if (setting.table == "the file") return line;
  if (setting.table.starts_with("[[models]]")) {
    const std::string name = setting.key == "name" ? "" : "name = \"a\"\n";
    const std::string path = setting.key == "path" ? "" : "path = \"a\"\n";
    return "[[models]]\n" + name + path + line;
  }
  std::string table = setting.table;
  if (const auto name = table.find("NAME"); name != std::string::npos)
    table.replace(name, 4, "acme");
  return table + "\n" + line;
}

TEST(Settings, EachOneMayBeWrittenAtItsDefault) {
  int written = 0;
  for (const SettingDescription& setting : Settings()) {
    if (setting.default_value.empty()) continue;
    EXPECT_THAT(ProblemsOf(With(setting, setting.default_value)), testing::IsEmpty())
        << setting.table << " " << setting.key;
    ++written;
  }
  EXPECT_GT(written, 40);
}

TEST(Settings, EachOneIsThereAndHasATypeAndASentence) {
  for (const SettingDescription& setting : Settings()) {
    EXPECT_NE(setting.value, "") << setting.key;
    EXPECT_TRUE(setting.sentence.ends_with('.')) << setting.key;
    if (setting.table == "a table in grants") continue;
    // No setting is a date.
    EXPECT_THAT(ProblemsOf(With(setting, "2024-01-01")),
                testing::Contains(testing::HasSubstr("not a date or time")))
        << setting.table << " " << setting.key;
  }
}

TEST(Settings, EveryLimitIsOne) {
  // One for each field of the structs in limits.h.
  const auto count = [](std::string_view table) {
    int limits = 0;
    for (const SettingDescription& setting : Settings()) limits += setting.table == table ? 1 : 0;
    return limits;
  };
  EXPECT_EQ(count("[host.limits]"), 13);
  EXPECT_EQ(count("[tenants.NAME.limits]"), 12);
  EXPECT_EQ(count("[tenants.NAME.instance_limits]"), 14);
  static_assert(sizeof(HostLimits) == 13 * sizeof(std::optional<std::uint64_t>));
  static_assert(sizeof(TenantLimits) == 12 * sizeof(std::optional<std::uint64_t>));
  static_assert(sizeof(InstanceLimits) == 14 * sizeof(std::optional<std::uint64_t>));
}

}  // namespace
}  // namespace namesake
