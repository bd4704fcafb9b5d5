// The configuration of a host, combined from the command line and the configuration file.
#ifndef NAMESAKE_CLI_HOST_OPTIONS_H_
#define NAMESAKE_CLI_HOST_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <expected>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "namesake/config.h"

namespace namesake::cli {

// As given on the command line, not yet parsed.
struct HostOptionTexts {
  std::optional<std::filesystem::path> config;
  std::vector<std::string> overrides;
  std::optional<std::string> tenant;

  // Encodings that models may have, for help and errors. Set before the options are added.
  std::vector<Encoding> encodings;
  std::vector<std::string> preloads;
  std::vector<std::string> graph_dirs;
  std::vector<std::string> encoding_backends;
  std::optional<std::string> max_models;
  std::optional<std::filesystem::path> cache_dir;
  bool no_cache = false;

  std::optional<std::string> guest_register;
  std::vector<std::string> guest_options;
  std::vector<std::string> limits;
  std::optional<std::string> guest_timeout;
  std::optional<std::string> max_guest_memory;
};

// Adds all options above. They are written to `texts`, which must outlive the parsing.
void AddHostOptions(CLI::App& command, HostOptionTexts& texts);
// Adds the argument FILE, also written --config FILE, to a command that only deals with a
// configuration.
void AddConfigFile(CLI::App& command, std::filesystem::path& file);
// Adds --set to a command that reads a configuration.
CLI::Option* AddSetOption(CLI::App& command, std::vector<std::string>& overrides);

struct ChosenConfig {
  Config config;
  // The name of the running tenant, which is in `config`.
  std::string tenant;
};

// Reads the file and applies the options, which replace or extend what it says. Without a file, the
// result has one tenant that sees all models given as options and may load its own. A model given
// as an option belongs to the host, replaces a model of that name in the file, and is visible to
// the running tenant. The place of an option's problem is "--nn-preload TEXT" or similar.
[[nodiscard]] std::expected<ChosenConfig, std::vector<ConfigProblem>> ChooseConfig(
    const HostOptionTexts& texts);
// Like above, for a configuration that was read before.
[[nodiscard]] std::expected<ChosenConfig, std::vector<ConfigProblem>> ChooseConfig(
    const HostOptionTexts& texts, Config config);

// Prints each problem to standard error; returns `exit_code`.
int ReportProblems(int exit_code, std::span<const ConfigProblem> problems);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_HOST_OPTIONS_H_
