// `namesake cache`: shows and clears the cache of compiled models.
#ifndef NAMESAKE_CLI_CACHE_COMMAND_H_
#define NAMESAKE_CLI_CACHE_COMMAND_H_

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace namesake::cli {

// As given on the command line, not yet parsed.
struct CacheOptions {
  std::optional<std::string> action;
  std::optional<std::filesystem::path> config;
  std::vector<std::string> overrides;
  std::optional<std::filesystem::path> cache_dir;
  bool other_versions = false;
  bool json = false;
};

// Adds the subcommand. Its options are written to `options`, which must outlive `app`'s parsing.
CLI::App* AddCacheCommand(CLI::App& app, CacheOptions& options);

// Lists or removes entries. Blocks while it asks the backends for their versions. Returns one of
// exit_code.h.
int RunCacheCommand(const CacheOptions& options);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_CACHE_COMMAND_H_
