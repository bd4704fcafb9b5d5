// `namesake settings`: lists the settings of a configuration file, for people or as Markdown.
#ifndef NAMESAKE_CLI_SETTINGS_COMMAND_H_
#define NAMESAKE_CLI_SETTINGS_COMMAND_H_

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "namesake/config.h"

namespace namesake::cli {

// As given on the command line, not yet parsed.
struct SettingsOptions {
  std::optional<std::string> key;
  bool markdown = false;
};

// Adds the subcommand. Its options are written to `options`, which must outlive `app`'s parsing.
CLI::App* AddSettingsCommand(CLI::App& app, SettingsOptions& options);

// Prints the settings; returns one of exit_code.h.
int PrintSettings(const SettingsOptions& options);

// Whether `key` matches the setting: by the setting's key, its table, or both joined by a dot, with
// any number of leading parts left out: "max_models", "host.limits", "limits.max_models",
// "tenants.acme.limits.max_models". Brackets are ignored.
bool MeansSetting(std::string_view key, const SettingDescription& setting);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_SETTINGS_COMMAND_H_
