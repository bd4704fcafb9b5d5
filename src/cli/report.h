// The command's output: results to standard output, errors to standard error. All text goes through
// WriteLine, which escapes unsafe characters from a guest, a model, a path or an option.
#ifndef NAMESAKE_CLI_REPORT_H_
#define NAMESAKE_CLI_REPORT_H_

#include <fmt/format.h>

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace namesake::cli {

// Writes Visible(text) and a line feed.
inline void WriteLine(std::FILE* file, std::string_view text) {
  // Not fmt::print, which throws if the file is closed or full.
  std::fputs((base::Visible(text) + "\n").c_str(), file);
}

// Prints one line to standard output.
template <typename... Args>
void PrintLine(fmt::format_string<Args...> format, Args&&... args) {
  WriteLine(stdout, fmt::format(format, std::forward<Args>(args)...));
}

// Prints "namesake: …" to standard error; returns `exit_code`.
template <typename... Args>
int Report(int exit_code, fmt::format_string<Args...> format, Args&&... args) {
  WriteLine(stderr, "namesake: " + fmt::format(format, std::forward<Args>(args)...));
  return exit_code;
}

// "1 problem", "2 problems".
inline std::string CountText(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_REPORT_H_
