// Makes errors in one line, and hands them on.
#ifndef NAMESAKE_BASE_FAIL_H_
#define NAMESAKE_BASE_FAIL_H_

#include <fmt/format.h>

#include <expected>
#include <string_view>
#include <utility>

#include "namesake/error.h"

namespace namesake::base {

// return base::Fail(ErrorCode::kNotFound, "no model \"{}\"", name);
template <typename... Args>
[[nodiscard]] std::unexpected<Error> Fail(ErrorCode code, fmt::format_string<Args...> format,
                                          Args&&... args) {
  return std::unexpected(Error(code, fmt::format(format, std::forward<Args>(args)...)));
}

// The same of a limit, by its setting's name: a literal.
// return base::FailAt("max_name_bytes", ErrorCode::kTooLarge, "a name of {} bytes …", size);
template <typename... Args>
[[nodiscard]] std::unexpected<Error> FailAt(std::string_view limit, ErrorCode code,
                                            fmt::format_string<Args...> format, Args&&... args) {
  return std::unexpected(
      Error(code, fmt::format(format, std::forward<Args>(args)...)).AtLimit(limit));
}

// Hands the error of a result on to a caller whose result has another value type.
// if (!graph) return base::Fail(graph);
template <typename T>
[[nodiscard]] std::unexpected<Error> Fail(const Result<T>& failed) {
  return std::unexpected(failed.error());
}
template <typename T>
[[nodiscard]] std::unexpected<Error> Fail(Result<T>&& failed) {
  return std::unexpected(std::move(failed).error());
}

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_FAIL_H_
