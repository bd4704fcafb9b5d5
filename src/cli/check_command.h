// `namesake check`: reports all problems of a configuration at once.
#ifndef NAMESAKE_CLI_CHECK_COMMAND_H_
#define NAMESAKE_CLI_CHECK_COMMAND_H_

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "namesake/backend.h"

namespace namesake::cli {

// As given on the command line, not yet parsed.
struct CheckOptions {
  std::filesystem::path file;
  std::vector<std::string> overrides;
};

// Adds the subcommand. Its options are written to `options`, which must outlive `app`'s parsing.
CLI::App* AddCheckCommand(CLI::App& app, CheckOptions& options);

// Prints the problems to standard error, one a line; if there are none, says so on standard output.
// Loads no model. Returns one of exit_code.h.
int Check(const CheckOptions& options);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_CHECK_COMMAND_H_
