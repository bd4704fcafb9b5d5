#include "cli/cache_command.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/cache_dirs.h"
#include "cli/exit_code.h"
#include "cli/host_options.h"
#include "cli/print_json.h"
#include "cli/report.h"
#include "cli/table.h"
#include "host/cache_place.h"
#include "host/config_check.h"
#include "namesake/backend.h"
#include "namesake/compiled_cache.h"
#include "namesake/config.h"

namespace namesake::cli {
namespace {

namespace fs = std::filesystem;

enum class Action { kShow, kClear };

std::optional<Action> ParseAction(const std::optional<std::string>& text) {
  if (!text || *text == "show") return Action::kShow;
  if (*text == "clear") return Action::kClear;
  return std::nullopt;
}

// The directory, and its cache.
struct Opened {
  fs::path directory;
  // Null if nothing was ever kept there.
  std::unique_ptr<CompiledCache> cache{};
};

// Makes no directory: looking at what there is must not change it.
Result<Opened> OpenIn(const fs::path& directory) {
  if (auto named = CheckCacheDirName(directory); !named) return base::Fail(std::move(named));
  std::error_code error;
  if (!fs::is_directory(fs::status(directory, error))) {
    return base::Fail(ErrorCode::kRuntimeError, "can't use {} as the cache directory: {}",
                      directory.string(), base::SystemReason(error ? error.value() : ENOTDIR));
  }
  Opened opened{.directory = directory / host::kModelsFolder};
  if (fs::symlink_status(opened.directory, error).type() == fs::file_type::not_found) return opened;
  auto cache = CompiledCache::OpenExisting(opened.directory);
  if (!cache) return base::Fail(std::move(cache));
  opened.cache = *std::move(cache);
  return opened;
}

// Uses the directory that `run` would use.
Result<Opened> OpenChosen(const CacheOptions& options, const Config& config) {
  const auto chosen = options.cache_dir ? options.cache_dir : config.cache_dir;
  if (chosen) {
    auto opened = OpenIn(*chosen);
    if (opened) return opened;
    return std::unexpected(
        opened.error().WithContext(options.cache_dir ? "--cache-dir" : CacheDirPlace(config)));
  }
  const auto directory = DefaultCacheDir();
  if (!directory) {
    return base::Fail(ErrorCode::kInvalidArgument, "cache: {}; set --cache-dir",
                      WhyNoDefaultCacheDir());
  }
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(*directory, ignored))) {
    return Opened{.directory = *directory / host::kModelsFolder};
  }
  return OpenIn(*directory);
}

// An entry, and whether it is of another version; empty if nobody can tell.
struct Judged {
  EntryStatus entry;
  std::optional<bool> is_other;
};

// The version of a backend's forms; empty if the backend can't run.
std::optional<std::string> VersionOf(const Backend& backend) {
  const auto identity = backend.IdentifyForm({.encoding = backend.encodings().front()}, {});
  if (identity) return identity->version;
  base::Log().warn("can't tell which entries of {} are of another version: {}", backend.name(),
                   identity.error().detail());
  return std::nullopt;
}

// Finds the versions of the backends that have entries, and asks no other: an answer takes the
// start of a worker.
class Versions {
 public:
  explicit Versions(const Config& config) : installed_(host::BackendsOf(config)) {}

  std::optional<bool> IsOther(const EntryStatus& entry) {
    if (!entry.origin) return true;
    const auto found = std::ranges::find(installed_, entry.origin->backend,
                                         [](const auto& backend) { return backend->name(); });
    if (found == installed_.end()) return true;
    auto [known, is_new] = versions_.try_emplace(entry.origin->backend);
    if (is_new) known->second = VersionOf(**found);
    if (!known->second) return std::nullopt;
    return entry.IsOfOtherVersion({{known->first, *known->second}});
  }

 private:
  std::vector<std::unique_ptr<Backend>> installed_;
  std::map<std::string, std::optional<std::string>> versions_;
};

std::string_view StateOf(const Judged& judged) {
  if (!judged.is_other) return "?";
  return *judged.is_other ? "other version" : "usable";
}

Row ToRow(const Judged& judged) {
  const EntryStatus& entry = judged.entry;
  const FormOrigin origin = entry.origin.value_or(FormOrigin{"?", "?", "?", "?"});
  const auto seconds = std::chrono::floor<std::chrono::seconds>(entry.last_used);
  return {origin.backend,
          origin.version,
          origin.model,
          origin.encoding,
          base::SizeText(entry.bytes),
          fmt::format("{:%Y-%m-%d %H:%M}", seconds),
          std::string(StateOf(judged))};
}

std::string EntriesText(std::size_t entries, std::uint64_t bytes) {
  return fmt::format("{} {}, {}", entries, entries == 1 ? "entry" : "entries",
                     base::SizeText(bytes));
}

std::uint64_t BytesOf(const std::vector<Judged>& entries) {
  std::uint64_t bytes = 0;
  for (const Judged& judged : entries) bytes += judged.entry.bytes;
  return bytes;
}

struct Shown {
  const Opened& opened;
  std::optional<std::uint64_t> max_bytes;
  std::vector<Judged> entries;

  bool read_only() const { return opened.cache && opened.cache->read_only(); }
};

void PrintText(const Shown& shown) {
  const auto& entries = shown.entries;
  if (!entries.empty()) {
    std::vector<Row> rows = {
        {"BACKEND", "VERSION", "MODEL", "ENCODING", "SIZE", "LAST USED (UTC)", "STATE"}};
    for (const Judged& judged : entries) rows.push_back(ToRow(judged));
    PrintTable(std::move(rows));
    PrintLine("");
  }
  const std::string most =
      shown.max_bytes ? " of at most " + base::BytesText(*shown.max_bytes) : "";
  PrintLine("{}{} in {}{}", EntriesText(entries.size(), BytesOf(entries)), most,
            shown.opened.directory.string(), shown.read_only() ? ", which is read-only" : "");
  std::vector<Judged> others = entries;
  std::erase_if(others, [](const Judged& judged) { return !judged.is_other.value_or(false); });
  if (others.empty() || shown.read_only()) return;
  PrintLine("{} of other versions; namesake cache clear --other-versions removes them",
            EntriesText(others.size(), BytesOf(others)));
}

nlohmann::json ToJson(const Judged& judged) {
  const EntryStatus& entry = judged.entry;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(entry.last_used);
  nlohmann::json json = {{"key", entry.key},
                         {"bytes", entry.bytes},
                         {"last_used", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", seconds)},
                         {"other_version", nullptr}};
  if (judged.is_other) json["other_version"] = *judged.is_other;
  if (!entry.origin) return json;
  json["backend"] = entry.origin->backend;
  json["version"] = entry.origin->version;
  json["model"] = entry.origin->model;
  json["encoding"] = entry.origin->encoding;
  return json;
}

void PrintAsJson(const Shown& shown) {
  nlohmann::json entries = nlohmann::json::array();
  for (const Judged& judged : shown.entries) entries.push_back(ToJson(judged));
  nlohmann::json json = {{"directory", shown.opened.directory.string()},
                         {"read_only", shown.read_only()},
                         {"max_bytes", nullptr},
                         {"bytes", BytesOf(shown.entries)},
                         {"entries", std::move(entries)}};
  if (shown.max_bytes) json["max_bytes"] = *shown.max_bytes;
  PrintJson(json);
}

int Show(const CacheOptions& options, const Config& config, const Opened& opened) {
  Shown shown{.opened = opened, .max_bytes = config.limits.max_cache_bytes, .entries = {}};
  if (opened.cache) {
    auto entries = opened.cache->Entries();
    if (!entries) return Report(kBadUsage, "{}", entries.error().detail());
    Versions versions(config);
    for (EntryStatus& entry : *entries) {
      const auto is_other = versions.IsOther(entry);
      shown.entries.push_back({.entry = std::move(entry), .is_other = is_other});
    }
  }
  if (options.json) {
    PrintAsJson(shown);
  } else {
    PrintText(shown);
  }
  return kSuccess;
}

int Clear(const CacheOptions& options, const Config& config, const Opened& opened) {
  CompiledCache::Removed removed;
  if (opened.cache) {
    Versions versions(config);
    const auto chosen = [&](const EntryStatus& entry) {
      return !options.other_versions || versions.IsOther(entry).value_or(false);
    };
    const auto cleared = opened.cache->Clear(chosen);
    if (!cleared) {
      return Report(opened.cache->read_only() ? kBadUsage : kOutputFailed, "cache: {}",
                    cleared.error().detail());
    }
    removed = *cleared;
  }
  if (options.json) {
    PrintJson({{"directory", opened.directory.string()},
               {"removed", {{"entries", removed.entries}, {"bytes", removed.bytes}}}});
  } else {
    PrintLine("removed {} from {}", EntriesText(removed.entries, removed.bytes),
              opened.directory.string());
  }
  return kSuccess;
}

}  // namespace

CLI::App* AddCacheCommand(CLI::App& app, CacheOptions& options) {
  CLI::App* const cache =
      app.add_subcommand("cache", "Show or clear the compiled models that are kept");
  cache
      ->add_option("ACTION", options.action,
                   "show (the default) lists the entries, the one used last first; clear removes "
                   "them, which a host that runs can bear")
      ->type_name("ACTION");
  auto* const config =
      cache
          ->add_option("--config", options.config,
                       "Use the cache of this configuration, and its limit max_cache_bytes")
          ->type_name("FILE");
  cache
      ->add_option("--cache-dir", options.cache_dir,
                   "The cache of namesake run --cache-dir DIR (default: $XDG_CACHE_HOME/namesake)")
      ->type_name("DIR");
  AddSetOption(*cache, options.overrides)->needs(config);
  cache->add_flag("--other-versions", options.other_versions,
                  "Clear only what no backend of this version of Namesake can use");
  cache->add_flag("--json", options.json, "Print JSON, for programs");
  return cache;
}

int RunCacheCommand(const CacheOptions& options) {
  const auto action = ParseAction(options.action);
  if (!action) {
    return Report(kBadUsage, "cache: unknown action \"{}\"; expected show or clear",
                  base::Printable(*options.action));
  }
  if (options.other_versions && *action != Action::kClear) {
    return Report(kBadUsage, "cache: --other-versions is only for namesake cache clear");
  }
  const auto config =
      options.config ? ReadConfig(*options.config, options.overrides) : ParseConfig("", "");
  if (!config) return ReportProblems(kBadUsage, config.error());
  const auto opened = OpenChosen(options, *config);
  if (!opened) return Report(kBadUsage, "{}", opened.error().detail());
  return *action == Action::kShow ? Show(options, *config, *opened)
                                  : Clear(options, *config, *opened);
}

}  // namespace namesake::cli
