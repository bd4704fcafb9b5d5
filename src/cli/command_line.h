// The command line as a whole: finds the subcommand, and checks its options and arguments. CLI11
// stores the options, prints the help and sets the values. Lines are checked before CLI11 parses
// them, so that errors are the command's own sentences, each with the help to read.
#ifndef NAMESAKE_CLI_COMMAND_LINE_H_
#define NAMESAKE_CLI_COMMAND_LINE_H_

#include <CLI/CLI.hpp>
#include <expected>
#include <string>
#include <vector>

namespace namesake::cli {

// Parses `args`, without the program's name. For a command with CLI11's prefix_command, returns
// what follows its options: the guest and the guest's arguments. A "--" before the guest ends the
// options and is dropped.
//
// `help`, `help COMMAND` and `version` mean the options of these names. Throws CLI::Success if help
// or the version is requested. Errors: a sentence for people.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> ParseCommandLine(
    CLI::App& app, std::vector<std::string> args);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_COMMAND_LINE_H_
