#include "cli/cache_dirs.h"

#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

namespace namesake::cli {
namespace {

namespace fs = std::filesystem;

// Makes or checks the folders in the directory. Leaves out, with a warning, those that this user
// may not make.
Result<CacheDirs> ForEach(const fs::path& directory,
                          Result<base::UsableDirectory> (*use)(const fs::path&)) {
  const auto cant_use = [&](std::string_view reason) {
    return base::Fail(ErrorCode::kRuntimeError, "can't use {} as the cache directory: {}",
                      directory.string(), reason);
  };
  if (auto named = CheckCacheDirName(directory); !named) return base::Fail(std::move(named));
  CacheDirs dirs = {.models = directory / "models", .modules = directory / "modules"};
  // Cached files run as code when found again, and the engine's cache does not check who owns them.
  for (auto* const dir : {&dirs.models, &dirs.modules}) {
    const auto used = use(**dir);
    if (!used) return cant_use(used.error().detail());
    if (used->use != base::DirectoryUse::kNone) continue;
    if (!used->is_denied) return cant_use(used->reason);
    const bool is_first = dir == &dirs.models;
    base::Log().warn("{} cached: can't use {}: {}", is_first ? "nothing is" : "guests are not",
                     (*dir)->string(), used->reason);
    if (is_first) return CacheDirs{};
    dir->reset();
  }
  return dirs;
}

// Empty also if it is not set: the XDG base directory specification treats both alike.
std::string_view Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Result<void> CheckCacheDirName(const fs::path& directory) {
  if (directory.empty()) {
    return base::Fail(ErrorCode::kInvalidArgument, "the directory name is empty");
  }
  if (base::IsUtf8(directory.native())) return {};
  return base::Fail(ErrorCode::kInvalidArgument,
                    "can't use {} as the cache directory: it is not UTF-8",
                    base::Printable(directory.native()));
}

std::optional<fs::path> DefaultCacheDir() {
  // The XDG base directory specification ignores a relative path.
  const fs::path xdg = Variable("XDG_CACHE_HOME");
  if (xdg.is_absolute()) return xdg / "namesake";
  const fs::path home = Variable("HOME");
  if (!home.empty()) return home / ".cache" / "namesake";
  return std::nullopt;
}

std::string_view WhyNoDefaultCacheDir() {
  if (Variable("XDG_CACHE_HOME").empty()) return "neither XDG_CACHE_HOME nor HOME is set";
  return "XDG_CACHE_HOME is not an absolute path, and HOME is not set";
}

Result<CacheDirs> PrepareCacheDirs(UseCache use, const std::optional<fs::path>& chosen) {
  if (use == UseCache::kNo) return CacheDirs{};
  if (chosen) return ForEach(*chosen, base::MakeTrustedDirectory);
  const auto directory = DefaultCacheDir();
  if (!directory) {
    base::Log().warn("nothing is cached: {}; set --cache-dir", WhyNoDefaultCacheDir());
    return CacheDirs{};
  }
  auto prepared = ForEach(*directory, base::MakeTrustedDirectory);
  if (!prepared) {
    base::Log().warn("nothing is cached: {}; set --cache-dir", prepared.error().detail());
    return CacheDirs{};
  }
  return prepared;
}

std::string CacheDirPlace(const Config& config) {
  const auto place = config.places.find("cache_dir");
  return place == config.places.end() ? "cache_dir of [host]" : ConfigPlaceText(place->second);
}

Result<void> CheckCacheDirs(const fs::path& directory) {
  const auto checked = ForEach(directory, base::CheckTrustedDirectory);
  if (!checked) return base::Fail(checked);
  return {};
}

}  // namespace namesake::cli
