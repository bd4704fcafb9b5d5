// Where the command keeps what it compiled.
#ifndef NAMESAKE_CLI_CACHE_DIRS_H_
#define NAMESAKE_CLI_CACHE_DIRS_H_

#include <filesystem>
#include <optional>
#include <string>

#include "namesake/config.h"
#include "namesake/error.h"

namespace namesake::cli {

// Folders beneath one cache directory; all empty when nothing is kept.
struct CacheDirs {
  std::optional<std::filesystem::path> models;   // Graphs that backends compiled.
  std::optional<std::filesystem::path> modules;  // Guests that the engine compiled.
};

enum class UseCache { kYes, kNo };

// $XDG_CACHE_HOME/namesake or ~/.cache/namesake; empty where neither variable is set.
std::optional<std::filesystem::path> DefaultCacheDir();

// Makes the folders beneath `chosen` or, without it, beneath the default directory. Errors:
// runtime_error when a chosen directory can't be used; where the default one can't, a warning is
// logged and nothing is kept.
Result<CacheDirs> PrepareCacheDirs(UseCache use,
                                   const std::optional<std::filesystem::path>& chosen);

// Where the configuration chooses the directory, as messages begin: "acme.toml:2:13".
std::string CacheDirPlace(const Config& config);

// Whether the folders beneath a chosen directory can be used, without making any. Errors: as for
// `PrepareCacheDirs`.
Result<void> CheckCacheDirs(const std::filesystem::path& directory);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_CACHE_DIRS_H_
