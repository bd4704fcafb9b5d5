#include "cli/settings_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <ranges>
#include <utility>
#include <vector>

#include "base/nearest.h"
#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/help.h"
#include "cli/report.h"

namespace namesake::cli {
namespace {

using Parts = std::vector<std::string>;

// Splits "[tenants.NAME.limits]" into three parts.
Parts PartsOf(std::string_view dotted) {
  Parts parts;
  for (const auto part : std::views::split(dotted, '.')) {
    std::string& text = parts.emplace_back(std::string_view(part));
    std::erase_if(text, [](char c) { return c == '[' || c == ']'; });
  }
  return parts;
}

// Returns the parts of each table that has the setting.
std::vector<Parts> TablesOf(const SettingDescription& setting) {
  std::vector<Parts> tables;
  for (const auto table : std::views::split(setting.table, std::string_view(", "))) {
    tables.push_back(PartsOf(std::string_view(table)));
  }
  return tables;
}

// After "tenants", NAME matches any tenant's name.
bool EndsWith(const Parts& parts, const Parts& end) {
  if (end.empty() || end.size() > parts.size()) return false;
  const auto tail = parts | std::views::drop(parts.size() - end.size());
  const auto same = [](const std::string& part, const std::string& asked) {
    return part == asked || part == "NAME";
  };
  return tail.front() == end.front() && std::ranges::equal(tail, end, same);
}

std::string Heading(std::string_view table) {
  std::string heading(table);
  base::ReplaceAll(", ", " and ", heading);
  return heading;
}

std::string Needed(const SettingDescription& setting) {
  if (setting.need == SettingNeed::kRequired) return " (required)";
  return setting.default_value.empty() ? "" : fmt::format(" (default: {})", setting.default_value);
}

// Removes Markdown's backquotes.
std::string Plain(std::string text) {
  std::erase(text, '`');
  return text;
}

// Prints wrapped text, with `first` before the first line and `rest`, which is not shorter, before
// the others.
void PrintWrapped(std::string_view first, std::string_view rest, const std::string& text) {
  // One call a line, because PrintLine itself indents further lines of a text.
  std::string_view indent = first;
  const std::string wrapped = Wrap(text, kColumns - rest.size());
  for (const auto line : std::views::split(wrapped, '\n')) {
    PrintLine("{}{}", std::exchange(indent, rest), std::string_view(line));
  }
}

void PrintSetting(const SettingDescription& setting) {
  PrintWrapped("  ", "      ",
               fmt::format("{}: {}{}", setting.key, Plain(setting.value), Needed(setting)));
  PrintWrapped("    ", "    ", Plain(setting.sentence));
}

void PrintTables(const std::vector<SettingDescription>& settings) {
  const std::string* table = nullptr;
  for (const SettingDescription& setting : settings) {
    if (table == nullptr || *table != setting.table) {
      if (table != nullptr) PrintLine("");
      PrintLine("{}", Heading(setting.table));
    }
    table = &setting.table;
    PrintSetting(setting);
  }
}

int ReportUnknown(const std::string& key, const std::vector<SettingDescription>& settings) {
  std::vector<std::string_view> keys;
  for (const SettingDescription& setting : settings) keys.push_back(setting.key);
  const auto nearest = base::Nearest(key, keys);
  return Report(
      kBadUsage, "settings: unknown setting \"{}\"; {}", base::Printable(key),
      nearest ? fmt::format("did you mean \"{}\"?", *nearest) : "namesake settings lists them all");
}

}  // namespace

bool MeansSetting(std::string_view key, const SettingDescription& setting) {
  if (key == setting.table) return true;
  const Parts asked = PartsOf(key);
  return std::ranges::any_of(TablesOf(setting), [&](const Parts& table) {
    Parts with_key = table;
    with_key.push_back(setting.key);
    return EndsWith(table, asked) || EndsWith(with_key, asked);
  });
}

CLI::App* AddSettingsCommand(CLI::App& app, SettingsOptions& options) {
  CLI::App* const settings =
      app.add_subcommand("settings", "List the settings of a configuration file");
  settings
      ->add_option("KEY", options.key,
                   "List only this setting or table, such as max_models or host.limits")
      ->type_name("KEY");
  settings->add_flag("--markdown", options.markdown, "Print all of them as Markdown");
  return settings;
}

int PrintSettings(const SettingsOptions& options) {
  if (options.markdown && options.key) {
    return Report(kBadUsage, "settings: --markdown prints all settings; omit KEY");
  }
  if (options.markdown) {
    std::cout << SettingsReference();
    return kSuccess;
  }
  const std::vector<SettingDescription> settings = Settings();
  if (!options.key) {
    PrintTables(settings);
    return kSuccess;
  }
  std::vector<SettingDescription> meant;
  std::ranges::copy_if(settings, std::back_inserter(meant),
                       [&](const auto& setting) { return MeansSetting(*options.key, setting); });
  if (meant.empty()) return ReportUnknown(*options.key, settings);
  PrintTables(meant);
  return kSuccess;
}

}  // namespace namesake::cli
