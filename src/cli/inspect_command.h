// `namesake inspect`: what a model takes and gives.
#ifndef NAMESAKE_CLI_INSPECT_COMMAND_H_
#define NAMESAKE_CLI_INSPECT_COMMAND_H_

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "namesake/backend.h"

namespace namesake::cli {

struct InspectOptions {
  // Those that the model may have, for help and errors. To be set before the command is added.
  std::vector<Encoding> encodings;
  std::string model;
  std::optional<std::string> target;
  bool json = false;
};

CLI::App* AddInspectCommand(CLI::App& app, InspectOptions& options);

// Loads the model, past any cache, and prints it to standard output. Returns one of exit_code.h.
int Inspect(const InspectOptions& options, std::vector<std::unique_ptr<Backend>> backends);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_INSPECT_COMMAND_H_
