// `namesake models`: lists the models of a configuration as its tenants see them.
#ifndef NAMESAKE_CLI_MODELS_COMMAND_H_
#define NAMESAKE_CLI_MODELS_COMMAND_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "namesake/backend.h"

namespace namesake::cli {

// As given on the command line, not yet parsed.
struct ModelsOptions {
  std::filesystem::path config;
  std::vector<std::string> overrides;
  std::optional<std::string> tenant;
  bool load = false;
  bool json = false;
};

// Adds the subcommand. Its options are written to `options`, which must outlive `app`'s parsing.
CLI::App* AddModelsCommand(CLI::App& app, ModelsOptions& options);

// Prints the models. If asked to load them, blocks until all are loaded. Returns one of
// exit_code.h.
int ListModels(const ModelsOptions& options);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_MODELS_COMMAND_H_
