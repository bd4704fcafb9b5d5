// Describes the keys of the file, and reads tables of them. The lists of settings, and those of
// the limits, are the only place that knows keys: reading, checks and the reference all use them.
#ifndef NAMESAKE_CONFIG_TABLE_SETTINGS_H_
#define NAMESAKE_CONFIG_TABLE_SETTINGS_H_

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"

namespace namesake::config {

// A key of a table that is read into a T.
template <typename T>
struct Setting {
  std::string_view key;
  // Describes the value in the reference; empty for a choice.
  std::string_view value{};
  std::vector<std::string_view> (*choices)() = nullptr;
  SettingNeed need = SettingNeed::kOptional;
  void (*read)(const Input& input, T& target);
  // The default as TOML. Null if there is none.
  std::string (*default_value)(const T& untouched) = nullptr;
  std::string_view sentence;
};

// Defined for the entries of settings.h, each in the file that has their settings.
template <typename T>
std::span<const Setting<T>> SettingsOf() = delete;
template <>
std::span<const Setting<FileEntry>> SettingsOf();
template <>
std::span<const Setting<GrantEntry>> SettingsOf();
template <>
std::span<const Setting<HostEntry>> SettingsOf();
template <>
std::span<const Setting<ModelEntry>> SettingsOf();
template <>
std::span<const Setting<TenantEntry>> SettingsOf();

// A grant's table has no header in a file.
inline constexpr std::string_view kGrantTable = "a grant";
// In the reference.
inline constexpr std::string_view kGrantReference = "a table in grants";
inline constexpr std::string_view kFileReference = "the file";

// Joins "[tenants.acme]" and "limits" into "[tenants.acme.limits]".
std::string Within(std::string_view table, std::string_view key);

// Also says where the key belongs, or which of those that are known it may stand for.
void AddUnknownKey(const Entry& entry, std::span<const std::string_view> known,
                   const std::string& table, Problems& problems);

// Overloads that read the value of one key, for either kind of setting.

template <typename T>
void ReadSetting(const Setting<T>& setting, const Input& input, T& target) {
  setting.read(input, target);
}

template <typename Limits>
void ReadSetting(const LimitSetting<Limits>& setting, const Input& input,
                 LimitsEntry<Limits>& target) {
  const auto limit = ReadLimit(input, {setting.unit, setting.least, setting.most});
  if (!limit) return;
  SetLimit(setting, limit->value, target.limits);
  target.given.emplace(setting.key, input.node.place);
}

// Reads `content` by `settings`, in the order of the settings.
template <typename Settings, typename T>
void ReadKeys(const Table& content, const std::string& table, const Settings& settings, T& target,
              Problems& problems) {
  std::vector<std::string_view> known;
  for (const auto& setting : settings) {
    known.push_back(setting.key);
    const Node* node = Find(content, setting.key);
    if (node == nullptr) continue;
    ReadSetting(setting, Input{std::string(setting.key), *node, table, problems}, target);
  }
  for (const Entry& entry : content) {
    if (std::ranges::find(known, entry.key) == known.end()) {
      AddUnknownKey(entry, known, table, problems);
    }
  }
}

// Like above, for a value that must be a table; `table` is its name.
template <typename T>
void ReadTable(const Input& input, const std::string& table, T& target) {
  const auto* content = input.node.As<Table>();
  if (content == nullptr) return AddWrongKind(input, "a table");
  ReadKeys(*content, table, SettingsOf<T>(), target, input.problems);
  for (const Setting<T>& setting : SettingsOf<T>()) {
    if (setting.need == SettingNeed::kRequired && Find(*content, setting.key) == nullptr) {
      input.problems.Add(input.node.place, "{} has no {}", table, setting.key);
    }
  }
}

template <typename Limits>
void ReadTable(const Input& input, const std::string& table, LimitsEntry<Limits>& target) {
  const auto* content = input.node.As<Table>();
  if (content == nullptr) return AddWrongKind(input, "a table");
  ReadKeys(*content, table, LimitSettings<Limits>(), target, input.problems);
}

// The words for the values of an enum, in the enum's order.
using Words = std::vector<std::string_view>;

template <typename Enum>
Words NamesOf(int count, std::string_view (*name)(Enum)) {
  Words names;
  for (int i = 0; i < count; ++i) names.push_back(name(static_cast<Enum>(i)));
  return names;
}

template <typename Enum>
void ReadEnum(const Input& input, const Words& words, Enum& target) {
  if (const auto index = ReadChoice(input, words)) target = static_cast<Enum>(*index);
}

// As TOML.
std::string Quoted(std::string_view text);

template <typename Enum>
std::string WordToml(const Words& words, Enum value) {
  return Quoted(words[static_cast<std::size_t>(value)]);
}

// Notes where the file has a key, for those who find something wrong with its value later.
void AddPlace(std::string key, const Input& input, ConfigPlaces& places);

Words Isolations();
// Reads the isolation of a model or a tenant, which may have none.
void ReadIsolation(const Input& input, std::optional<Isolation>& target, ConfigPlaces& places);

// Reads the models of the host or of a tenant.
std::vector<ModelEntry> ReadModels(const Input& input);

// The tenant of a file before its settings are read: what it may see and do must be given
// explicitly.
TenantEntry NewTenant(std::string name, Place place);
void ReadTenants(const Input& input, FileEntry& file);

}  // namespace namesake::config

#endif  // NAMESAKE_CONFIG_TABLE_SETTINGS_H_
