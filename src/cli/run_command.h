// `namesake run`: a WASI command guest beside the host's models.
#ifndef NAMESAKE_CLI_RUN_COMMAND_H_
#define NAMESAKE_CLI_RUN_COMMAND_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/cache_dirs.h"
#include "namesake/backend.h"

namespace namesake::cli {

// As the command line states them, not yet parsed.
struct RunOptions {
  std::vector<std::string> preloads;
  std::vector<std::string> graph_dirs;
  std::optional<std::string> max_models;
  std::optional<std::string> guest_timeout;
  std::optional<std::string> max_guest_memory;
  std::vector<std::string> dirs;
  std::vector<std::string> env;
  std::optional<std::filesystem::path> cache_dir;
  bool no_cache = false;
  bool timings = false;
  std::vector<std::string> guest_and_args;
};

// Adds the subcommand; its options are written to `options`, which must outlive `app`'s parsing.
CLI::App* AddRunCommand(CLI::App& app, RunOptions& options);

// Runs the guest; blocks until it ends. Returns the guest's exit code or one of exit_code.h, with
// the reason on standard error.
int Run(const RunOptions& options, std::vector<std::unique_ptr<Backend>> backends);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_RUN_COMMAND_H_
