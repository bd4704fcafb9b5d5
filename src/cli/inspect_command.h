// `namesake inspect`: shows a model's inputs and outputs.
#ifndef NAMESAKE_CLI_INSPECT_COMMAND_H_
#define NAMESAKE_CLI_INSPECT_COMMAND_H_

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "namesake/backend.h"

namespace namesake::cli {

struct InspectOptions {
  // Encodings that the model may have, for help and errors. Set before the command is added.
  std::vector<Encoding> encodings;
  std::string model;
  std::optional<std::string> target;
  bool json = false;
};

CLI::App* AddInspectCommand(CLI::App& app, InspectOptions& options);

// Loads the model without a cache, and prints it to standard output. Returns one of exit_code.h.
int Inspect(const InspectOptions& options);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_INSPECT_COMMAND_H_
