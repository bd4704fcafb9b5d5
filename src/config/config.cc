#include "namesake/config.h"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
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

std::vector<ConfiguredModel> TakeModels(std::vector<ModelEntry>&& entries) {
  std::vector<ConfiguredModel> models;
  for (ModelEntry& entry : entries) models.push_back(std::move(entry.model));
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
                .cache_dir = std::move(file.host.cache_dir),
                .snapshot_dir = std::move(file.host.snapshot_dir),
                .failure_memory = file.host.failure_memory,
                .limits = file.host.limits.limits,
                .models = TakeModels(std::move(file.models))};
  for (auto& [backend, place] : file.host.backends) config.backends.push_back(std::move(backend));
  for (TenantEntry& entry : file.tenants) config.tenants.push_back(TakeTenant(std::move(entry)));
  if (config.tenants.empty())
    config.tenants.push_back({.options = {.name = "default"}, .models = {}});
  return config;
}

// Of anything that can be read to its end, a pipe too.
Result<std::string> ReadText(const std::filesystem::path& file) {
  const auto failed = [] { return Fail(ErrorCode::kRuntimeError, "{}", SystemReason(errno)); };
  const FileDescriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
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
      return Fail(ErrorCode::kTooLarge, "has more than {}", SizeText(kMostBytes));
    }
  }
}

void AddMissing(const std::vector<ConfiguredModel>& models, std::vector<ConfigProblem>& problems) {
  for (const ConfiguredModel& model : models) {
    const auto* files = std::get_if<ModelFiles>(&model.model.source);
    if (files == nullptr) continue;
    for (const std::filesystem::path& path : files->paths) {
      if (::access(path.c_str(), R_OK) == 0) continue;
      const std::string reason = SystemReason(errno);
      problems.push_back(
          {model.place, fmt::format("model \"{}\": {}: {}", model.name, path.string(), reason)});
    }
  }
}

}  // namespace

ConfigResult ParseConfig(std::string_view text, const std::filesystem::path& file,
                         std::span<const std::string> overrides) {
  Problems problems(file, overrides);
  const config::Table document = config::ParseDocument(text, overrides, problems);
  // Of what is not TOML nothing can be said, and of the rest of the file neither.
  if (!problems.none()) return std::unexpected(problems.Take());
  FileEntry entry = config::ReadSettings(document, problems);
  config::CheckSettings(entry, problems);
  if (!problems.none()) return std::unexpected(problems.Take());
  Config config = TakeConfig(std::move(entry), file);
  config.lists_models = config::Find(document, "models") != nullptr;
  return config;
}

ConfigResult ReadConfig(const std::filesystem::path& file, std::span<const std::string> overrides) {
  const auto text = ReadText(file);
  if (text) return ParseConfig(*text, file, overrides);
  Problems problems(file, overrides);
  problems.Add({}, "{}", text.error().message());
  return std::unexpected(problems.Take());
}

Result<const ConfiguredTenant*> FindTenant(const Config& config,
                                           std::optional<std::string_view> name) {
  if (!name && config.tenants.size() == 1) return &config.tenants.front();
  std::vector<std::string> names;
  for (const ConfiguredTenant& tenant : config.tenants) {
    if (name && tenant.options.name == *name) return &tenant;
    names.push_back(Printable(tenant.options.name));
  }
  const std::string known = fmt::to_string(fmt::join(names, ", "));
  if (name) {
    return Fail(ErrorCode::kNotFound, "there is no tenant \"{}\"; there are: {}", Printable(*name),
                known);
  }
  return Fail(ErrorCode::kInvalidArgument, "there are several tenants; choose one of: {}", known);
}

std::vector<ConfigProblem> MissingFiles(const Config& config) {
  std::vector<ConfigProblem> problems;
  AddMissing(config.models, problems);
  for (const ConfiguredTenant& tenant : config.tenants) AddMissing(tenant.models, problems);
  return problems;
}

}  // namespace namesake
