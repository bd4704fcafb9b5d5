// The configuration file: a host's models, tenants and limits as TOML.
//
//   auto config = namesake::ReadConfig("namesake.toml");
//   if (!config) {
//     for (const auto& problem : config.error()) Show(namesake::ConfigProblemText(problem));
//   }
//
// Reading a file loads nothing and looks at no model. All problems are reported at once, in the
// order of the file, each with its place. `CheckConfig` of namesake/configured_host.h finds the
// problems that only a look at the machine shows. docs/configuration.md describes the settings;
// that reference, the defaults and the checks come from one list in the code.
//
// No function throws anything but std::bad_alloc. All functions are safe for all threads.
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
#include "namesake/isolation.h"
#include "namesake/limits.h"
#include "namesake/model.h"
#include "namesake/registry.h"
#include "namesake/tenant.h"

namespace namesake {

// The place of a key or value: in the file, or in an override.
struct ConfigPlace {
  // The file as it was named, or "--set KEY=VALUE".
  std::string source;
  // Counted from 1, the column in characters; both 0 for an override, and for a file that can't be
  // read.
  int line = 0;
  int column = 0;

  friend bool operator==(const ConfigPlace&, const ConfigPlace&) = default;
};

// The places of a table's keys, by key. Elements of a list have keys such as "backends[0]".
using ConfigPlaces = std::map<std::string, ConfigPlace, std::less<>>;

struct ConfigProblem {
  ConfigPlace place;
  std::string message;
};

// "acme.toml:12:3", "--set host.limit=3".
NAMESAKE_API std::string ConfigPlaceText(const ConfigPlace& place);
// "acme.toml:12:3: there is no …", "--set host.limit=3: there is no …".
NAMESAKE_API std::string ConfigProblemText(const ConfigProblem& problem);

struct NAMESAKE_API ConfiguredModel {
  // A name that `ModelName::Parse` accepts.
  std::string name;
  // A model of the operator, given by files.
  Model model;
  LoadMode load = LoadMode::kEager;
  ConfigPlace place;
  // The places of its keys. An option is under "options.threads", and the files are under
  // "paths[0]" and so on, whichever key gives them. Empty for a model that no file defines.
  ConfigPlaces places{};

  // Returns the place of the first of `keys` that is given, or else the model's own place.
  const ConfigPlace& PlaceOf(std::initializer_list<std::string_view> keys) const;
};

struct ConfiguredTenant {
  // Every grant names a model of the host, and no two grants have the same visible name.
  TenantOptions options;
  // The tenant's own models, which no other tenant sees; their names are unique.
  std::vector<ConfiguredModel> models;
  // The places of its keys.
  ConfigPlaces places{};
};

// A file's settings, with defaults for those that it leaves out.
struct NAMESAKE_API Config {
  // The file itself; empty for a configuration that comes from no file.
  std::filesystem::path file{};
  // The places of the keys of [host].
  ConfigPlaces places{};
  std::optional<std::filesystem::path> cache_dir{};
  std::optional<std::filesystem::path> snapshot_dir{};
  // Not a setting of the file: see `HostOptions::temporary_dir`.
  std::optional<std::filesystem::path> temporary_dir{};
  // Names of backends in order of preference; empty for all available ones, in their own order.
  // Neither these names nor the one in a model is checked here.
  std::vector<std::string> backends{};
  // As in HostOptions. Not checked here either.
  std::map<Encoding, std::string> encoding_backends{};
  std::chrono::nanoseconds failed_load_ttl{};
  // The eight below are as in HostOptions.
  Isolation isolation = kDefaultIsolation;
  Sandbox sandbox = Sandbox::kStrict;
  std::vector<std::filesystem::path> sandbox_devices{};
  bool spare_workers = true;
  bool quarantine = true;
  std::optional<unsigned> threads{};
  std::chrono::nanoseconds worker_idle_time = kDefaultWorkerIdleTime;
  std::optional<std::filesystem::path> worker_cgroup{};
  std::optional<std::filesystem::path> backend_dir{};
  HostLimits limits{};
  // Whether the file lists the host's own models, if only as an empty list.
  bool lists_models = false;
  // The host's own models; their names are unique.
  std::vector<ConfiguredModel> models{};
  // In the order of the file. A file without tenants gives one tenant named "default", which sees
  // all of the host's models and may load its own.
  std::vector<ConfiguredTenant> tenants{};
};

using ConfigResult = std::expected<Config, std::vector<ConfigProblem>>;

// Parses `text`. Problems name `file`, and relative paths in `text` are relative to its folder.
//
// Each override is KEY=VALUE with a dotted TOML key and a TOML value, such as
// `tenants.acme.limits.max_models=3`; a VALUE that is not TOML is taken as a string. The last
// override of a key wins. Overrides add no tenant, and replace a list as a whole; relative paths in
// them are relative to the working directory.
[[nodiscard]] NAMESAKE_API ConfigResult ParseConfig(std::string_view text,
                                                    const std::filesystem::path& file,
                                                    std::span<const std::string> overrides = {});
// Parses a file. A file that can't be read, or is larger than 16 MiB, is a problem without a line.
[[nodiscard]] NAMESAKE_API ConfigResult ReadConfig(const std::filesystem::path& file,
                                                   std::span<const std::string> overrides = {});

// The part of a faulty file that can be understood, for finding further problems. Do not make a
// host from it.
struct PartialConfig {
  // Without the faulty settings, and without models whose files are unknown.
  Config config;
  std::vector<ConfigProblem> problems;
};
NAMESAKE_API PartialConfig ReadConfigInPart(const std::filesystem::path& file,
                                            std::span<const std::string> overrides = {});
// Sorts problems as `ReadConfig` reports them: by place, those of `file` first.
NAMESAKE_API void SortProblems(const std::filesystem::path& file,
                               std::vector<ConfigProblem>& problems);

// Returns the tenant called `name` or, without a name, the only one. Errors: not_found if no tenant
// has the name; invalid_argument if there is no name and there are several tenants. Both list the
// tenants.
NAMESAKE_API Result<const ConfiguredTenant*> FindTenant(const Config& config,
                                                        std::optional<std::string_view> name);

// Reports the files and directories of a model that this process can't read now.
NAMESAKE_API std::vector<ConfigProblem> UnreadableFiles(const ConfiguredModel& model);

// Sets one limit by its key in [tenants.NAME.instance_limits]. The value is written as in an
// override: "8", "2 GiB", "250ms", "none". Errors: invalid_argument, which leaves the limits
// unchanged.
NAMESAKE_API Result<void> SetLimit(std::string_view key, std::string_view value,
                                   InstanceLimits& limits);
// Like the above, for a key in [host.limits].
NAMESAKE_API Result<void> SetLimit(std::string_view key, std::string_view value,
                                   HostLimits& limits);

enum class SettingNeed : std::uint8_t { kOptional, kRequired };

// One setting as the reference describes it.
struct SettingDescription {
  // As in the file, such as "[tenants.NAME.limits]"; two separated by ", " if both have the
  // setting.
  std::string table;
  std::string key;
  // The kind of value, such as "size".
  std::string value;
  SettingNeed need = SettingNeed::kOptional;
  // As TOML; empty if there is no default.
  std::string default_value;
  std::string sentence;
};

// All settings, table by table.
NAMESAKE_API std::vector<SettingDescription> Settings();
// The settings as Markdown, as they appear in docs/configuration.md.
NAMESAKE_API std::string SettingsReference();

}  // namespace namesake

#endif  // NAMESAKE_CONFIG_H_
