// The command line as a whole: which command is meant, and whether its options and arguments are
// ones that it has. CLI11 keeps the options, prints the help and sets the values; a line is checked
// before, so that errors are sentences of the command's own, each with the help to look at.
#ifndef NAMESAKE_CLI_COMMAND_LINE_H_
#define NAMESAKE_CLI_COMMAND_LINE_H_

#include <CLI/CLI.hpp>
#include <expected>
#include <string>
#include <vector>

namespace namesake::cli {

// Parses `args`, which are without the program's name, and returns what follows the options of a
// command that another program follows (CLI11's prefix_command): the guest and its own arguments. A
// "--" in front of the guest ends the options and is dropped.
//
// `help`, `help COMMAND` and `version` stand for the options of these names. Throws CLI::Success
// where help or the version is asked for. Errors: a sentence for people.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> ParseCommandLine(
    CLI::App& app, std::vector<std::string> args);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_COMMAND_LINE_H_
