// Creates errors in one line, and passes them on.
#ifndef NAMESAKE_BASE_FAIL_H_
#define NAMESAKE_BASE_FAIL_H_

#include <fmt/format.h>

#include <concepts>
#include <expected>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "namesake/error.h"

namespace namesake::base {

template <typename Arg>
inline constexpr bool kIsWording = std::same_as<std::remove_cvref_t<Arg>, Wording>;

// The type under which an argument is passed to the format string.
template <typename Arg>
using Formatted = std::conditional_t<kIsWording<Arg>, const std::string&, Arg>;

template <typename Arg>
const auto& ForGuests(const Arg& arg) {
  if constexpr (kIsWording<Arg>) {
    return arg.for_guests();
  } else {
    return arg;
  }
}
template <typename Arg>
const auto& ForOperator(const Arg& arg) {
  if constexpr (kIsWording<Arg>) {
    return arg.for_operator();
  } else {
    return arg;
  }
}

// Formats one sentence for both readers: each reader sees its own form of every Wording argument.
// Worded("OpenVINO can't read {}", layout.name)
template <typename... Args>
[[nodiscard]] Wording Worded(fmt::format_string<Formatted<Args>...> format, const Args&... args) {
  const fmt::string_view text = format;
  std::string for_guests = fmt::vformat(text, fmt::make_format_args(ForGuests(args)...));
  if constexpr ((kIsWording<Args> || ...)) {
    return {std::move(for_guests), fmt::vformat(text, fmt::make_format_args(ForOperator(args)...))};
  } else {
    return for_guests;
  }
}

// return base::Fail(ErrorCode::kNotFound, "no model \"{}\"", name);
// return base::Fail(ErrorCode::kRuntimeError, "{} is empty; copy it again", layout.name);
template <typename... Args>
[[nodiscard]] std::unexpected<Error> Fail(ErrorCode code,
                                          fmt::format_string<Formatted<Args>...> format,
                                          const Args&... args) {
  return std::unexpected(Error(code, Worded<Args...>(format, args...)));
}

// Like Fail, for an exceeded limit. `limit` is the name of its setting, and a literal.
// return base::FailAt("max_name_bytes", ErrorCode::kTooLarge, "a name of {} bytes …", size);
template <typename... Args>
[[nodiscard]] std::unexpected<Error> FailAt(std::string_view limit, ErrorCode code,
                                            fmt::format_string<Formatted<Args>...> format,
                                            const Args&... args) {
  return std::unexpected(Error(code, Worded<Args...>(format, args...)).AtLimit(limit));
}

// For an error whose message to the operator differs from the one to guests.
// return base::Fail(ErrorCode::kRuntimeError, Wording("no place for a file", reason));
template <std::same_as<Wording> Text>
[[nodiscard]] std::unexpected<Error> Fail(ErrorCode code, Text text) {
  return std::unexpected(Error(code, std::move(text)));
}

// Reports a defect of Namesake. Guests see no details of it.
template <typename... Args>
[[nodiscard]] std::unexpected<Error> FailInternal(fmt::format_string<Args...> format,
                                                  Args&&... args) {
  return std::unexpected(Error(ErrorCode::kInternal, "an internal error of the host",
                               fmt::format(format, std::forward<Args>(args)...)));
}

// Passes the error of a result on to a caller whose result has another value type.
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
