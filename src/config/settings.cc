#include "config/settings.h"

#include <fmt/format.h>

#include <array>

#include "config/table_settings.h"

namespace namesake::config {
namespace {

constexpr auto kFileSettings = std::to_array<Setting<FileEntry>>({
    {.key = "host",
     .value = "table",
     .read = [](const Input& input,
                FileEntry& file) { ReadTable(input, Within("", input.key), file.host); },
     .sentence = "The host itself."},
    {.key = "models",
     .value = "list of tables",
     .read = [](const Input& input, FileEntry& file) { file.models = ReadModels(input); },
     .default_value = [](const FileEntry&) { return std::string("[]"); },
     .sentence = "The host's own models, which tenants see only as granted."},
    {.key = "tenants",
     .value = "table of tables",
     .read = ReadTenants,
     .sentence = "The tenants by name. Without any, there is one named `default`, which sees all "
                 "models and may load its own."},
});

// "`"eager"` or `"lazy"`".
std::string ChoiceText(const Words& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += fmt::format("`{}`", Quoted(words[i]));
  }
  return text;
}

template <typename T>
void Describe(std::string_view table, const T& untouched, std::vector<SettingDescription>& all) {
  for (const Setting<T>& setting : SettingsOf<T>()) {
    all.push_back(
        {.table = std::string(table),
         .key = std::string(setting.key),
         .value = setting.choices ? ChoiceText(setting.choices()) : std::string(setting.value),
         .need = setting.need,
         .default_value = setting.default_value ? setting.default_value(untouched) : "",
         .sentence = std::string(setting.sentence)});
  }
}

template <typename Limits>
void DescribeLimits(std::string_view table, std::vector<SettingDescription>& all) {
  for (const LimitSetting<Limits>& setting : LimitSettings<Limits>()) {
    all.push_back({.table = std::string(table),
                   .key = std::string(setting.key),
                   .value = RangeText({setting.unit, setting.least, setting.most}),
                   .default_value = LimitToml(setting.unit, LimitOf(setting, Limits{})),
                   .sentence = std::string(setting.sentence)});
  }
}

}  // namespace

template <>
std::span<const Setting<FileEntry>> SettingsOf() {
  return kFileSettings;
}

FileEntry ReadSettings(const Table& document, Problems& problems) {
  FileEntry file;
  ReadKeys(document, "", SettingsOf<FileEntry>(), file, problems);
  return file;
}

}  // namespace namesake::config

namespace namesake {

std::vector<SettingDescription> Settings() {
  using namespace config;
  std::vector<SettingDescription> all;
  Describe(kFileReference, FileEntry{}, all);
  Describe("[host]", HostEntry{}, all);
  DescribeLimits<HostLimits>("[host.limits]", all);
  Describe("[[models]], [[tenants.NAME.models]]", ModelEntry{}, all);
  Describe("[tenants.NAME]", NewTenant("NAME", {}), all);
  Describe(kGrantReference, GrantEntry{}, all);
  DescribeLimits<TenantLimits>("[tenants.NAME.limits]", all);
  DescribeLimits<InstanceLimits>("[tenants.NAME.instance_limits]", all);
  return all;
}

}  // namespace namesake
