// The layout of the command's help: at most 100 columns, without CLI11's remarks on types.
#ifndef NAMESAKE_CLI_HELP_H_
#define NAMESAKE_CLI_HELP_H_

#include <CLI/CLI.hpp>
#include <cstddef>
#include <memory>
#include <string>

namespace namesake::cli {

inline constexpr std::size_t kColumns = 100;

// Breaks `text` between words into lines of at most `width` characters. A longer word gets its own
// line.
std::string Wrap(const std::string& text, std::size_t width);

std::shared_ptr<CLI::Formatter> NewHelpFormatter();

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_HELP_H_
