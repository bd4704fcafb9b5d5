// Reads the settings of a configuration file.
#ifndef NAMESAKE_CONFIG_SETTINGS_H_
#define NAMESAKE_CONFIG_SETTINGS_H_

#include <map>
#include <string>
#include <vector>

#include "config/document.h"
#include "config/limit_settings.h"
#include "config/problems.h"
#include "config/values.h"
#include "namesake/config.h"

namespace namesake::config {

// The content of a file, with places for later checks. A value in error keeps its default; its
// problem has been reported.

struct ModelEntry {
  ConfiguredModel model{};
  Place place{};
  // Empty if no name is given.
  PlacedText name{};
  // Empty if none is given.
  PlacedText backend{};
};

struct GrantEntry {
  // Has an empty `model` if the file names none.
  Grant grant{};
  Place place{};
};

struct TenantEntry {
  ConfiguredTenant tenant{};
  Place place{};
  std::vector<GrantEntry> grants{};
  std::vector<ModelEntry> models{};
  LimitsEntry<TenantLimits> limits{};
  LimitsEntry<InstanceLimits> instance_limits{};
};

struct HostEntry {
  std::optional<std::filesystem::path> cache_dir{};
  std::optional<std::filesystem::path> snapshot_dir{};
  std::vector<PlacedText> backends{};
  std::map<Encoding, std::string> encoding_backends{};
  std::chrono::nanoseconds failed_load_ttl = std::chrono::seconds(5);
  Isolation isolation = kDefaultIsolation;
  Sandbox sandbox = Sandbox::kStrict;
  std::vector<std::filesystem::path> sandbox_devices{};
  bool spare_workers = true;
  bool quarantine = true;
  std::optional<unsigned> threads{};
  std::chrono::nanoseconds worker_idle_time = kDefaultWorkerIdleTime;
  std::optional<std::filesystem::path> worker_cgroup{};
  std::optional<std::filesystem::path> backend_dir{};
  LimitsEntry<HostLimits> limits{};
  ConfigPlaces places{};
};

struct FileEntry {
  HostEntry host{};
  std::vector<ModelEntry> models{};
  std::vector<TenantEntry> tenants{};
};

FileEntry ReadSettings(const Table& document, Problems& problems);

}  // namespace namesake::config

#endif  // NAMESAKE_CONFIG_SETTINGS_H_
