#include <fmt/format.h>

#include "namesake/config.h"

namespace namesake {
namespace {

std::string Code(std::string_view text) { return text.empty() ? "" : fmt::format("`{}`", text); }

std::string Heading(std::string_view table) {
  if (!table.starts_with('[')) return std::string(table);
  if (const auto comma = table.find(", "); comma != std::string_view::npos) {
    return fmt::format("{} and {}", Code(table.substr(0, comma)), Code(table.substr(comma + 2)));
  }
  return Code(table);
}

std::string Default(const SettingDescription& setting) {
  return setting.need == SettingNeed::kRequired ? "required" : Code(setting.default_value);
}

}  // namespace

std::string SettingsReference() {
  std::string text;
  std::string table;
  for (const SettingDescription& setting : Settings()) {
    if (setting.table != table) {
      table = setting.table;
      text +=
          fmt::format("{}### {}\n\n| setting | value | default | meaning |\n|---|---|---|---|\n",
                      text.empty() ? "" : "\n", Heading(table));
    }
    text += fmt::format("| `{}` | {} | {} | {} |\n", setting.key, setting.value, Default(setting),
                        setting.sentence);
  }
  return text;
}

}  // namespace namesake
