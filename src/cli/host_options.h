// What a host is made of, as the command line and the configuration file say it together.
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

// As the command line states them, not yet parsed.
struct HostOptionTexts {
  std::optional<std::filesystem::path> config;
  std::vector<std::string> overrides;
  std::optional<std::string> tenant;

  // Those that models may have, for help and errors. To be set before the options are added.
  std::vector<Encoding> encodings;
  std::vector<std::string> preloads;
  std::vector<std::string> graph_dirs;
  std::optional<std::string> max_models;
  std::optional<std::filesystem::path> cache_dir;
  bool no_cache = false;

  std::optional<std::string> guest_register;
  std::vector<std::string> guest_options;
  std::vector<std::string> limits;
  std::optional<std::string> guest_timeout;
  std::optional<std::string> max_guest_memory;
};

// Adds all options that are above; they are written to `texts`, which must outlive the parsing.
void AddHostOptions(CLI::App& command, HostOptionTexts& texts);
// Adds the argument FILE, which may be written as --config FILE too, to a command that is about a
// configuration and nothing else.
void AddConfigFile(CLI::App& command, std::filesystem::path& file);
// Adds --set to a command that reads a configuration.
CLI::Option* AddSetOption(CLI::App& command, std::vector<std::string>& overrides);

struct ChosenConfig {
  Config config;
  // The running tenant: one of the configuration's.
  std::string tenant;
};

// The file's configuration with what the options say in place of it or besides; without a file, one
// tenant that sees all models given as options and may load its own. A model that an option gives
// is the host's, in place of one of that name in the file, and the running tenant sees it. Options
// have "--nn-preload TEXT" and the like for their place.
[[nodiscard]] std::expected<ChosenConfig, std::vector<ConfigProblem>> ChooseConfig(
    const HostOptionTexts& texts);
// The same of a configuration that was read before.
[[nodiscard]] std::expected<ChosenConfig, std::vector<ConfigProblem>> ChooseConfig(
    const HostOptionTexts& texts, Config config);

// Prints each on standard error; returns `exit_code`.
int ReportProblems(int exit_code, std::span<const ConfigProblem> problems);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_HOST_OPTIONS_H_
