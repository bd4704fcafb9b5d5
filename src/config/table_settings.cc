#include "config/table_settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "base/nearest.h"
#include "base/text.h"
#include "config/renamed.h"

namespace namesake::config {
namespace {

// Lists where the reference has the setting, as the continuation of "it belongs …".
std::vector<std::string> TablesWith(std::string_view key) {
  static const std::vector<SettingDescription> kAll = Settings();
  std::vector<std::string> tables;
  for (const SettingDescription& setting : kAll) {
    if (setting.key != key || setting.table == kGrantReference) continue;
    std::string table = "in " + setting.table;
    base::ReplaceAll(", ", " or in ", table);  // Two tables with the same settings.
    tables.push_back(setting.table == kFileReference ? "above the first table" : table);
  }
  return tables;
}

template <typename Texts>
bool Contains(const Texts& texts, std::string_view text) {
  return std::ranges::find(texts, text) != std::ranges::end(texts);
}

// Says where a misplaced key belongs; empty if there is no such setting.
std::string Elsewhere(std::string_view key, std::span<const std::string_view> known,
                      std::string_view table) {
  if (table == kGrantTable) return "";
  std::vector<std::string> tables = TablesWith(key);
  std::vector<std::string> within;
  const std::string_view own =
      Contains(known, "instance_limits") ? "[tenants.NAME]" : std::string_view(table);
  for (const std::string_view inner : {"limits", "instance_limits"}) {
    const bool has_table = Contains(known, inner);
    if (has_table && Contains(tables, "in " + Within(own, inner))) {
      within.push_back("in " + Within(table, inner));
    }
  }
  if (!within.empty()) tables = std::move(within);
  return tables.empty() ? "" : fmt::format("; it goes {}", fmt::join(tables, " or "));
}

}  // namespace

std::string Within(std::string_view table, std::string_view key) {
  if (table.empty()) return fmt::format("[{}]", KeyText(key));
  return fmt::format("{}.{}]", table.substr(0, table.size() - 1), KeyText(key));
}

void AddUnknownKey(const Entry& entry, std::span<const std::string_view> known,
                   const std::string& table, Problems& problems) {
  if (const auto renamed = NewNameOf(entry.key)) {
    problems.Add(entry.place, "{} is now called {}{}", entry.key, *renamed,
                 Contains(known, *renamed) ? "" : Elsewhere(*renamed, known, table));
    return;
  }
  std::string hint = Elsewhere(entry.key, known, table);
  if (hint.empty()) hint = base::Suggestion(entry.key, known);
  problems.Add(entry.place, "unknown setting \"{}\"{}{}{}", base::Printable(entry.key),
               table.empty() ? "" : " in ", table, hint);
}

std::string Quoted(std::string_view text) { return fmt::format("\"{}\"", text); }

void AddPlace(std::string key, const Input& input, ConfigPlaces& places) {
  places.insert_or_assign(std::move(key), input.problems.PublicPlace(input.node.place));
}

Words Isolations() { return NamesOf(kIsolationCount, IsolationName); }

void ReadIsolation(const Input& input, std::optional<Isolation>& target, ConfigPlaces& places) {
  AddPlace(input.key, input, places);
  const auto index = ReadChoice(input, Isolations());
  if (index) target = static_cast<Isolation>(*index);
}

}  // namespace namesake::config
