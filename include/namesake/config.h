// The configuration file: a host's models, tenants and limits as TOML.
//
//   auto config = namesake::ReadConfig("namesake.toml");
//   if (!config) for (const auto& problem : config.error()) Show(ConfigProblemText(problem));
//
// Reading one loads nothing and looks at no model. All that is wrong is told at once, in the order
// of the file, each with its place; what only a look at the machine tells, `CheckConfig` of
// namesake/configured_host.h finds. docs/configuration.md has the settings; that document, the
// defaults and the checks come from one list in the code.
//
// No function throws anything but std::bad_alloc; all are safe for all threads.
#ifndef NAMESAKE_CONFIG_H_
#define NAMESAKE_CONFIG_H_

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/error.h"
#include "namesake/export.h"
#include "namesake/limits.h"
#include "namesake/model.h"
#include "namesake/registry.h"
#include "namesake/tenant.h"

namespace namesake {

// Where something is said: in the file, or in an override.
struct ConfigPlace {
  // The file as it was named, or "--set KEY=VALUE".
  std::string source;
  // From 1, the column in characters; 0 for an override, and for a file that can't be read.
  int line = 0;
  int column = 0;

  friend bool operator==(const ConfigPlace&, const ConfigPlace&) = default;
};

// Where the keys of a table are given, by the key. Elements of a list stand there as "backends[0]".
using ConfigPlaces = std::map<std::string, ConfigPlace, std::less<>>;

struct ConfigProblem {
  ConfigPlace place;
  std::string message;
};

// "acme.toml:12:3", "--set host.limit=3".
NAMESAKE_API std::string ConfigPlaceText(const ConfigPlace& place);
// "acme.toml:12:3: there is no …", "--set host.limit=3: there is no …".
NAMESAKE_API std::string ConfigProblemText(const ConfigProblem& problem);

struct ConfiguredModel {
  // One that `ModelName::Parse` accepts.
  std::string name;
  // From files, and the operator's.
  Model model;
  LoadMode load = LoadMode::kEager;
  ConfigPlace place;
  // The places of its keys: an option's is under "options.threads", and its files' under "paths[0]"
  // and so on, by whichever key they are given. Empty for a model that no file defines.
  ConfigPlaces places{};

  // The place of the first of the keys that is given, or the model's own.
  const ConfigPlace& PlaceOf(std::initializer_list<std::string_view> keys) const;
};

struct ConfiguredTenant {
  // Its grants are of models that are there, each visible by a name of its own.
  TenantOptions options;
  // Its own, which no other tenant sees. No two have one name.
  std::vector<ConfiguredModel> models;
};

// A file's settings, with the default for each that is left out.
struct NAMESAKE_API Config {
  // The file itself; empty for a configuration that comes from none.
  std::filesystem::path file{};
  // The places of the keys of [host].
  ConfigPlaces places{};
  std::optional<std::filesystem::path> cache_dir{};
  std::optional<std::filesystem::path> snapshot_dir{};
  // No setting: see `HostOptions::temporary_dir`.
  std::optional<std::filesystem::path> temporary_dir{};
  // Names of backends in order of preference; empty for all that there are, in their own order.
  // Whether they are there is not checked, neither here nor in a model.
  std::vector<std::string> backends{};
  std::chrono::nanoseconds failed_load_ttl{};
  HostLimits limits{};
  // Whether the file says what the host's own models are, if only that there are none.
  bool lists_models = false;
  // The host's own. No two have one name.
  std::vector<ConfiguredModel> models{};
  // In the order of the file. A file that names no tenant has one here named "default", which sees
  // all of the host's models and may load its own.
  std::vector<ConfiguredTenant> tenants{};
};

using ConfigResult = std::expected<Config, std::vector<ConfigProblem>>;

// `file` is what problems name, and its folder is what relative paths in `text` are relative to.
//
// Each override is KEY=VALUE with a dotted TOML key and a TOML value, such as
// `tenants.acme.limits.max_models=3`; a VALUE that is none is taken as a string. The later one
// counts. Overrides add no tenant, and replace a list as a whole; relative paths in them are
// relative to the working directory.
[[nodiscard]] ConfigResult ParseConfig(std::string_view text, const std::filesystem::path& file,
                                       std::span<const std::string> overrides = {});
// The same of a file's content. A file that can't be read, or has more than 16 MiB, is a problem
// without a line.
[[nodiscard]] ConfigResult ReadConfig(const std::filesystem::path& file,
                                      std::span<const std::string> overrides = {});

// The part of a faulty file that can be understood, to find further problems. Do not make a host of
// it.
struct PartialConfig {
  // Without what is wrong, and without models whose files are not known.
  Config config;
  std::vector<ConfigProblem> problems;
};
NAMESAKE_API PartialConfig ReadConfigInPart(const std::filesystem::path& file,
                                            std::span<const std::string> overrides = {});
// In the order in which `ReadConfig` tells problems of `file`: by their places.
NAMESAKE_API void SortProblems(const std::filesystem::path& file,
                               std::vector<ConfigProblem>& problems);

// The tenant of that name or, without one, the only one. Errors: not_found for a name that no
// tenant has, and invalid_argument without a name where there are several; both list them.
NAMESAKE_API Result<const ConfiguredTenant*> FindTenant(const Config& config,
                                                        std::optional<std::string_view> name);

// The files and directories of a model that this process can't read at the moment.
NAMESAKE_API std::vector<ConfigProblem> UnreadableFiles(const ConfiguredModel& model);

// Sets one limit by its key in [tenants.NAME.instance_limits], to a value as in an override: "8",
// "2 GiB", "250ms", "none". Errors: invalid_argument, which leaves the limits as they are.
NAMESAKE_API Result<void> SetLimit(std::string_view key, std::string_view value,
                                   InstanceLimits& limits);
// The same for a key in [host.limits].
NAMESAKE_API Result<void> SetLimit(std::string_view key, std::string_view value,
                                   HostLimits& limits);

enum class SettingNeed : std::uint8_t { kOptional, kRequired };

// One setting as the reference has it.
struct SettingDescription {
  // As in the file, such as "[tenants.NAME.limits]"; two with a comma where both have the setting.
  std::string table;
  std::string key;
  // The kind of its value, such as "size".
  std::string value;
  SettingNeed need = SettingNeed::kOptional;
  // As TOML; empty where there is none.
  std::string default_value;
  std::string sentence;
};

// All settings, table by table.
NAMESAKE_API std::vector<SettingDescription> Settings();
// The same as Markdown: what stands in docs/configuration.md.
NAMESAKE_API std::string SettingsReference();

}  // namespace namesake

#endif  // NAMESAKE_CONFIG_H_
