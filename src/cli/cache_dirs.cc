#include "cli/cache_dirs.h"

#include <unistd.h>

#include <cstdlib>
#include <system_error>

#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"

namespace namesake::cli {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> DefaultDir() {
  // The XDG base directory specification ignores a relative path.
  const char* const xdg = std::getenv("XDG_CACHE_HOME");
  if (xdg != nullptr && fs::path(xdg).is_absolute()) return fs::path(xdg) / "namesake";
  const char* const home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') return fs::path(home) / ".cache" / "namesake";
  return std::nullopt;
}

Result<CacheDirs> Prepare(const fs::path& directory) {
  const CacheDirs dirs = {.models = directory / "models", .modules = directory / "modules"};
  for (const auto& dir : {dirs.models, dirs.modules}) {
    std::error_code error;
    fs::create_directories(*dir, error);
    if (!error && ::access(dir->c_str(), W_OK | X_OK) != 0) {
      error = std::error_code(errno, std::generic_category());
    }
    if (error) {
      return Fail(ErrorCode::kRuntimeError, "can't use {} as cache directory: {}",
                  directory.string(), error.message());
    }
  }
  // What lies here is run as code when it is found again: nobody else may write it.
  std::error_code ignored;
  fs::permissions(directory, fs::perms::owner_all, ignored);
  return dirs;
}

}  // namespace

Result<CacheDirs> PrepareCacheDirs(UseCache use, const std::optional<fs::path>& chosen) {
  if (use == UseCache::kNo) return CacheDirs{};
  if (chosen) return Prepare(*chosen);
  const auto directory = DefaultDir();
  if (!directory) {
    Log().warn("nothing is cached: neither XDG_CACHE_HOME nor HOME is set; choose --cache-dir");
    return CacheDirs{};
  }
  auto prepared = Prepare(*directory);
  if (!prepared) {
    Log().warn("nothing is cached: {}; choose --cache-dir", prepared.error().message());
    return CacheDirs{};
  }
  return prepared;
}

}  // namespace namesake::cli
