// Errors as the command reports them.
#ifndef NAMESAKE_CLI_REPORT_H_
#define NAMESAKE_CLI_REPORT_H_

#include <fmt/format.h>

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace namesake::cli {

// "namesake: …" on standard error; returns `exit_code`.
template <typename... Args>
int Report(int exit_code, fmt::format_string<Args...> format, Args&&... args) {
  // Not fmt::print, which throws where standard error is closed or full.
  std::fputs(("namesake: " + fmt::format(format, std::forward<Args>(args)...) + "\n").c_str(),
             stderr);
  return exit_code;
}

// "1 problem", "2 problems".
inline std::string CountText(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_REPORT_H_
