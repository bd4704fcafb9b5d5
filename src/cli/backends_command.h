// namesake backends: the backends, and what each can do.
#ifndef NAMESAKE_CLI_BACKENDS_COMMAND_H_
#define NAMESAKE_CLI_BACKENDS_COMMAND_H_

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace namesake::cli {

struct BackendsOptions {
  std::optional<std::filesystem::path> config;
  std::vector<std::string> overrides;
  bool json = false;
};

// Adds the subcommand. Its options are written to `options`, which must outlive the parsing.
CLI::App* AddBackendsCommand(CLI::App& app, BackendsOptions& options);

// Returns the exit status.
int ListBackends(const BackendsOptions& options);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_BACKENDS_COMMAND_H_
