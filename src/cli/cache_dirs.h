// Where the command keeps what it has compiled.
#ifndef NAMESAKE_CLI_CACHE_DIRS_H_
#define NAMESAKE_CLI_CACHE_DIRS_H_

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "namesake/config.h"
#include "namesake/error.h"

namespace namesake::cli {

// Folders in one cache directory; all empty if nothing is kept.
struct CacheDirs {
  std::optional<std::filesystem::path> models;   // Graphs compiled by backends.
  std::optional<std::filesystem::path> modules;  // Guests compiled by the engine.
};

enum class UseCache { kYes, kNo };

// $XDG_CACHE_HOME/namesake or ~/.cache/namesake; empty if neither variable is set.
std::optional<std::filesystem::path> DefaultCacheDir();
// The reason why there is no default directory.
std::string_view WhyNoDefaultCacheDir();

// Makes the folders in `chosen` or, without it, in the default directory. Errors: runtime_error if
// a chosen directory can't be used. If the default one can't be used, logs a warning and keeps
// nothing.
Result<CacheDirs> PrepareCacheDirs(UseCache use,
                                   const std::optional<std::filesystem::path>& chosen);

// Where the configuration sets the directory, as a prefix for messages: "acme.toml:2:13".
std::string CacheDirPlace(const Config& config);

// Errors: invalid_argument for a name that is empty or not UTF-8.
Result<void> CheckCacheDirName(const std::filesystem::path& directory);

// Whether the folders in a chosen directory can be used; makes none. Errors: as for
// `PrepareCacheDirs`.
Result<void> CheckCacheDirs(const std::filesystem::path& directory);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_CACHE_DIRS_H_
