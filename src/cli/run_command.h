// `namesake run`: runs a WASI command guest with the host's models.
#ifndef NAMESAKE_CLI_RUN_COMMAND_H_
#define NAMESAKE_CLI_RUN_COMMAND_H_

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/host_options.h"
#include "namesake/backend.h"

namespace namesake::cli {

// As given on the command line, not yet parsed.
struct RunOptions {
  HostOptionTexts host;
  std::vector<std::string> dirs;
  std::vector<std::string> env;
  bool timings = false;
  bool network = false;
  std::vector<std::string> guest_and_args;
};

// Adds the subcommand. Its options are written to `options`, which must outlive `app`'s parsing.
CLI::App* AddRunCommand(CLI::App& app, RunOptions& options);

// Runs the guest; blocks until it ends. With a configuration file, SIGHUP reloads the host's models
// from the file. To be called before the process starts a thread. Returns the guest's exit code or
// one of exit_code.h, with the reason on standard error.
int Run(const RunOptions& options);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_RUN_COMMAND_H_
