// `namesake workers`: shows the workers of the commands that run guests now.
#ifndef NAMESAKE_CLI_WORKERS_COMMAND_H_
#define NAMESAKE_CLI_WORKERS_COMMAND_H_

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "cli/worker_log.h"
#include "namesake/host.h"

namespace namesake::cli {

// As given on the command line, not yet parsed.
struct WorkersOptions {
  std::optional<std::string> process;
  bool json = false;
};

// Adds the subcommand. Its options are written to `options`, which must outlive `app`'s parsing.
CLI::App* AddWorkersCommand(CLI::App& app, WorkersOptions& options);

// Prints the workers of one process or of all. Returns one of exit_code.h.
int ListWorkers(const WorkersOptions& options);

// Returns the JSON that a command reports: its host's workers, and the log.
std::string WorkersText(const Host& host, const WorkerLog& log);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_WORKERS_COMMAND_H_
