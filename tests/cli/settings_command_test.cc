#include "cli/settings_command.h"

#include <gtest/gtest.h>

namespace namesake::cli {
namespace {

bool Means(std::string_view key, std::string table, std::string setting) {
  SettingDescription description;
  description.table = std::move(table);
  description.key = std::move(setting);
  return MeansSetting(key, description);
}

TEST(MeansSetting, TakesAKeyATableAndBoth) {
  for (const char* key : {"max_models", "limits.max_models", "host.limits.max_models", "limits",
                          "host.limits", "[host.limits]", "[host.limits].max_models"}) {
    EXPECT_TRUE(Means(key, "[host.limits]", "max_models")) << key;
  }
  for (const char* key : {"max_model", "host", "host.max_models", "host.limits.", ".limits", "",
                          "a.host.limits", "host.limits.max_models.x", "\xff"}) {
    EXPECT_FALSE(Means(key, "[host.limits]", "max_models")) << key;
  }
}

TEST(MeansSetting, TakesAnyTenantsName) {
  for (const char* key : {"tenants.acme.limits.max_models", "tenants.NAME.limits", "limits"}) {
    EXPECT_TRUE(Means(key, "[tenants.NAME.limits]", "max_models")) << key;
  }
  EXPECT_FALSE(Means("anything", "[tenants.NAME]", "grants"));
  EXPECT_FALSE(Means("acme", "[tenants.NAME]", "grants"));
}

TEST(MeansSetting, TakesEachTableThatHasTheSetting) {
  for (const char* key : {"models", "tenants.acme.models", "path", "[[models]]", "models.path"}) {
    EXPECT_TRUE(Means(key, "[[models]], [[tenants.NAME.models]]", "path")) << key;
  }
  EXPECT_TRUE(Means("a table in grants", "a table in grants", "as"));
}

}  // namespace
}  // namespace namesake::cli
