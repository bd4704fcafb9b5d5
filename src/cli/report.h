// Errors as the command reports them.
#ifndef NAMESAKE_CLI_REPORT_H_
#define NAMESAKE_CLI_REPORT_H_

#include <fmt/format.h>

#include <cstdio>
#include <string_view>
#include <utility>

namespace namesake::cli {

// "namesake: …" on standard error; returns `exit_code`.
template <typename... Args>
int Report(int exit_code, fmt::format_string<Args...> format, Args&&... args) {
  fmt::print(stderr, "namesake: {}\n", fmt::format(format, std::forward<Args>(args)...));
  return exit_code;
}

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_REPORT_H_
