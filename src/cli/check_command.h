// `namesake check`: what is wrong with a configuration, all at once.
#ifndef NAMESAKE_CLI_CHECK_COMMAND_H_
#define NAMESAKE_CLI_CHECK_COMMAND_H_

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "namesake/backend.h"

namespace namesake::cli {

// As the command line states them, not yet parsed.
struct CheckOptions {
  std::filesystem::path file;
  std::vector<std::string> overrides;
};

// Adds the subcommand; its options are written to `options`, which must outlive `app`'s parsing.
CLI::App* AddCheckCommand(CLI::App& app, CheckOptions& options);

// Prints the problems to standard error, one a line, or that there are none to standard output;
// loads no model. Returns one of exit_code.h.
int Check(const CheckOptions& options, std::vector<std::unique_ptr<Backend>> backends);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_CHECK_COMMAND_H_
