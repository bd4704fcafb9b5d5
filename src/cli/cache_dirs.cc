#include "cli/cache_dirs.h"

#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

namespace namesake::cli {
namespace {

namespace fs = std::filesystem;

// Makes or checks the folders beneath the directory; without those that can't be made. Of each of
// these `on_none` gets the reason, and how it begins in a warning.
template <typename OnNone>
Result<CacheDirs> ForEach(const fs::path& directory,
                          Result<UsableDirectory> (*use)(const fs::path&), const OnNone& on_none) {
  if (directory.empty()) return Fail(ErrorCode::kInvalidArgument, "the directory's name is empty");
  if (!IsUtf8(directory.native())) {
    return Fail(ErrorCode::kInvalidArgument, "can't use {} as cache directory: it is not UTF-8",
                Printable(directory.native()));
  }
  CacheDirs dirs = {.models = directory / "models", .modules = directory / "modules"};
  // What lies here is run as code when it is found again, and the engine's cache asks nobody whose
  // it is.
  for (auto* const dir : {&dirs.models, &dirs.modules}) {
    const auto used = use(**dir);
    if (!used) {
      return Fail(ErrorCode::kRuntimeError, "can't use {} as cache directory: {}",
                  directory.string(), used.error().message());
    }
    if (used->use != DirectoryUse::kNone) continue;
    const bool is_first = dir == &dirs.models;
    on_none(is_first ? "nothing is cached" : "guests are not cached",
            fmt::format("can't make {}: {}", (*dir)->string(), used->reason));
    if (is_first) return CacheDirs{};
    dir->reset();
  }
  return dirs;
}

Result<CacheDirs> Prepare(const fs::path& directory) {
  return ForEach(
      directory, MakeTrustedDirectory,
      [](std::string_view what, const std::string& reason) { Log().warn("{}: {}", what, reason); });
}

// Empty where it is not set too: the XDG base directory specification makes no difference.
std::string_view Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Why there is no directory by default.
std::string_view NoDefaultText() {
  if (Variable("XDG_CACHE_HOME").empty()) return "neither XDG_CACHE_HOME nor HOME is set";
  return "XDG_CACHE_HOME is ignored, as it is not an absolute path, and HOME is not set";
}

}  // namespace

std::optional<fs::path> DefaultCacheDir() {
  // The XDG base directory specification ignores a relative path.
  const fs::path xdg = Variable("XDG_CACHE_HOME");
  if (xdg.is_absolute()) return xdg / "namesake";
  const fs::path home = Variable("HOME");
  if (!home.empty()) return home / ".cache" / "namesake";
  return std::nullopt;
}

Result<CacheDirs> PrepareCacheDirs(UseCache use, const std::optional<fs::path>& chosen) {
  if (use == UseCache::kNo) return CacheDirs{};
  if (chosen) return Prepare(*chosen);
  const auto directory = DefaultCacheDir();
  if (!directory) {
    Log().warn("nothing is cached: {}; choose --cache-dir", NoDefaultText());
    return CacheDirs{};
  }
  auto prepared = Prepare(*directory);
  if (!prepared) {
    Log().warn("nothing is cached: {}; choose --cache-dir", prepared.error().message());
    return CacheDirs{};
  }
  return prepared;
}

std::string CacheDirPlace(const Config& config) {
  const auto place = config.places.find("cache_dir");
  return place == config.places.end() ? "cache_dir of [host]" : ConfigPlaceText(place->second);
}

Result<void> CheckCacheDirs(const fs::path& directory) {
  std::string none;
  const auto checked = ForEach(directory, CheckTrustedDirectory,
                               [&](std::string_view, const std::string& reason) { none = reason; });
  if (!checked) return std::unexpected(checked.error());
  if (none.empty()) return {};
  return Fail(ErrorCode::kRuntimeError, "can't use {} as cache directory: {}", directory.string(),
              none);
}

}  // namespace namesake::cli
