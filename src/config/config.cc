#include "namesake/config.h"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <tuple>
#include <utility>

#include "base/fail.h"
#include "base/file.h"
#include "base/text.h"
#include "config/checks.h"
#include "config/document.h"
#include "config/problems.h"
#include "config/settings.h"

namespace namesake {
namespace {

using config::FileEntry;
using config::ModelEntry;
using config::Problems;
using config::TenantEntry;

constexpr std::size_t kMostBytes = std::size_t{16} << 20;

bool HasFiles(const ConfiguredModel& model) {
  const auto* files = std::get_if<ModelFiles>(&model.model.source);
  return files != nullptr && !files->paths.empty();
}

std::vector<ConfiguredModel> TakeModels(std::vector<ModelEntry>&& entries) {
  std::vector<ConfiguredModel> models;
  for (ModelEntry& entry : entries) {
    if (HasFiles(entry.model)) models.push_back(std::move(entry.model));
  }
  return models;
}

ConfiguredTenant TakeTenant(TenantEntry&& entry) {
  ConfiguredTenant tenant = std::move(entry.tenant);
  tenant.models = TakeModels(std::move(entry.models));
  tenant.options.limits = entry.limits.limits;
  tenant.options.instance_limits = entry.instance_limits.limits;
  for (auto& [grant, place] : entry.grants) {
    tenant.options.policy.grants.push_back(std::move(grant));
  }
  return tenant;
}

Config TakeConfig(FileEntry&& file, const std::filesystem::path& path) {
  Config config{.file = path,
                .places = std::move(file.host.places),
                .cache_dir = std::move(file.host.cache_dir),
                .snapshot_dir = std::move(file.host.snapshot_dir),
                .encoding_backends = std::move(file.host.encoding_backends),
                .failed_load_ttl = file.host.failed_load_ttl,
                .isolation = file.host.isolation,
                .sandbox = file.host.sandbox,
                .sandbox_devices = std::move(file.host.sandbox_devices),
                .spare_workers = file.host.spare_workers,
                .quarantine = file.host.quarantine,
                .threads = file.host.threads,
                .worker_idle_time = file.host.worker_idle_time,
                .worker_cgroup = std::move(file.host.worker_cgroup),
                .backend_dir = std::move(file.host.backend_dir),
                .limits = file.host.limits.limits,
                .models = TakeModels(std::move(file.models))};
  for (auto& [backend, place] : file.host.backends) config.backends.push_back(std::move(backend));
  for (TenantEntry& entry : file.tenants) config.tenants.push_back(TakeTenant(std::move(entry)));
  if (config.tenants.empty())
    config.tenants.push_back({.options = {.name = "default"}, .models = {}});
  return config;
}

// Reads any finite source, a pipe included.
Result<std::string> ReadText(const std::filesystem::path& file) {
  const auto failed = [] {
    return base::Fail(ErrorCode::kRuntimeError, "{}", base::SystemReason(errno));
  };
  const base::FileDescriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor.valid()) return failed();
  std::string text;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t count = ::read(descriptor.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed();
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > kMostBytes) {
      return base::Fail(ErrorCode::kTooLarge, "has more than {}", base::SizeText(kMostBytes));
    }
  }
}

PartialConfig ParseInPart(std::string_view text, const std::filesystem::path& file,
                          std::span<const std::string> overrides) {
  Problems problems(file, overrides);
  const config::Table document = config::ParseDocument(text, overrides, problems);
  // Settings can't be checked if the text is not TOML.
  if (!problems.none()) return {.config = {}, .problems = problems.Take()};
  FileEntry entry = config::ReadSettings(document, problems);
  config::CheckSettings(entry, problems);
  PartialConfig parsed{.config = TakeConfig(std::move(entry), file), .problems = problems.Take()};
  parsed.config.lists_models = config::Find(document, "models") != nullptr;
  return parsed;
}

}  // namespace

const ConfigPlace& ConfiguredModel::PlaceOf(std::initializer_list<std::string_view> keys) const {
  for (const std::string_view key : keys) {
    const auto found = places.find(key);
    if (found != places.end()) return found->second;
  }
  return place;
}

ConfigResult ParseConfig(std::string_view text, const std::filesystem::path& file,
                         std::span<const std::string> overrides) {
  PartialConfig parsed = ParseInPart(text, file, overrides);
  if (parsed.problems.empty()) return std::move(parsed.config);
  return std::unexpected(std::move(parsed.problems));
}

PartialConfig ReadConfigInPart(const std::filesystem::path& file,
                               std::span<const std::string> overrides) {
  const auto text = ReadText(file);
  if (text) return ParseInPart(*text, file, overrides);
  Problems problems(file, overrides);
  problems.Add({}, "{}", text.error().detail());
  return {.config = {}, .problems = problems.Take()};
}

ConfigResult ReadConfig(const std::filesystem::path& file, std::span<const std::string> overrides) {
  PartialConfig read = ReadConfigInPart(file, overrides);
  if (read.problems.empty()) return std::move(read.config);
  return std::unexpected(std::move(read.problems));
}

void SortProblems(const std::filesystem::path& file, std::vector<ConfigProblem>& problems) {
  std::ranges::stable_sort(problems, {}, [&](const ConfigProblem& problem) {
    const ConfigPlace& place = problem.place;
    return std::tuple(place.source != file.string(), place.line, place.column);
  });
}

Result<const ConfiguredTenant*> FindTenant(const Config& config,
                                           std::optional<std::string_view> name) {
  if (!name && config.tenants.size() == 1) return &config.tenants.front();
  std::vector<std::string> names;
  for (const ConfiguredTenant& tenant : config.tenants) {
    if (name && tenant.options.name == *name) return &tenant;
    names.push_back(base::Printable(tenant.options.name));
  }
  const std::string known = fmt::to_string(fmt::join(names, ", "));
  if (name) {
    return base::Fail(ErrorCode::kNotFound, "unknown tenant \"{}\"; expected one of: {}",
                      base::Printable(*name), known);
  }
  return base::Fail(ErrorCode::kInvalidArgument, "there are several tenants; choose one of: {}",
                    known);
}

std::vector<ConfigProblem> UnreadableFiles(const ConfiguredModel& model) {
  std::vector<ConfigProblem> problems;
  const auto* files = std::get_if<ModelFiles>(&model.model.source);
  if (files == nullptr) return problems;
  for (std::size_t i = 0; i < files->paths.size(); ++i) {
    const auto status = base::ReadableStatus(files->paths[i], files->paths[i].native());
    if (status) continue;
    problems.push_back({model.PlaceOf({fmt::format("paths[{}]", i)}), status.error().detail()});
  }
  return problems;
}

}  // namespace namesake
