// Errors as values.
//
// Every operation of Namesake that can fail returns a `Result<T>`: either the value or an `Error`.
// No exception crosses a public function; exceptions of vendor libraries end inside the adapter
// that calls the library. Codes are sorted by what the caller can do about them, and one table
// (docs/abi.md) maps each code to what a guest sees.
//
// An error has two readers. Its message is in Namesake's own words, and any guest may read it. Its
// detail is for the operator and the log: it adds what guests must not learn or can't use.
#ifndef NAMESAKE_ERROR_H_
#define NAMESAKE_ERROR_H_

#include <concepts>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "namesake/export.h"

namespace namesake {

enum class ErrorCode : std::uint8_t {
  kInvalidArgument,  // The request itself is wrong: a handle, a pointer, a shape, an option.
  kInvalidEncoding,  // No backend serves the encoding, or the bytes are not of that encoding.
  kMissingMemory,    // The guest exports no memory named `memory`.
  kBusy,             // A queue is full; the same request may succeed later.
  kRuntimeError,     // A backend or the environment failed; the detail has the cause.
  kUnsupported,      // Valid, but not possible here: an absent device, an operation.
  kTooLarge,         // It can never fit: it alone exceeds a limit, or a buffer is too small.
  kNotFound,         // The caller's view has no such name.
  kTimeout,          // A deadline passed.
  kSecurity,         // The policy forbids it.
  kInternal,         // A defect of Namesake; never caused by input.
  // A limit is used up now; the same request may succeed when others have given something back.
  kResourceExhausted,
};

// The number of codes; codes are contiguous from 0.
inline constexpr int kErrorCodeCount = 12;

// The code's name as it is spelled in the documentation, such as "invalid_argument".
NAMESAKE_API std::string_view ErrorCodeName(ErrorCode code);

// A text, or part of one, in a form for each reader: a guest reads "the model" where the operator
// reads "/srv/models/resnet.onnx".
class NAMESAKE_API Wording {
 public:
  // The same text for both readers.
  template <std::convertible_to<std::string_view> Text>
  Wording(const Text& for_all) : for_guests_(std::string_view(for_all)) {}
  Wording(std::string for_guests, std::string for_operator)
      : for_guests_(std::move(for_guests)), for_operator_(std::move(for_operator)) {
    if (for_operator_ == for_guests_) for_operator_.clear();
  }

  const std::string& for_guests() const { return for_guests_; }
  const std::string& for_operator() const { return differs() ? for_operator_ : for_guests_; }
  bool differs() const { return !for_operator_.empty(); }

  friend bool operator==(const Wording&, const Wording&) = default;

 private:
  std::string for_guests_;
  std::string for_operator_{};  // Empty if it is the same.
};

// A code with one or two sentences that name the thing that failed, the reason and, if there is
// one, the remedy. Values are immutable in practice and freely copied between threads.
class NAMESAKE_API Error {
 public:
  // The message of an error that a guest's call can cause contains no path of the host and no words
  // of a library. An error that only the operator can cause, such as a configuration problem, needs
  // no detail.
  Error(ErrorCode code, Wording text) : code_(code), text_(std::move(text)) {}
  Error(ErrorCode code, std::string message, std::string detail)
      : Error(code, Wording(std::move(message), std::move(detail))) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return text_.for_guests(); }
  // The message itself if there is nothing to add.
  const std::string& detail() const { return text_.for_operator(); }
  bool has_detail() const { return text_.differs(); }
  const Wording& text() const { return text_; }
  // The setting's name of the limit that was reached, such as "max_contexts"; empty for other
  // errors.
  std::string_view limit() const { return limit_; }

  // Returns the same error with "`context`: " before its message and its detail.
  [[nodiscard]] Error WithContext(const Wording& context) const;
  // Returns the same error with another code.
  [[nodiscard]] Error WithCode(ErrorCode code) const {
    Error error = *this;
    error.code_ = code;
    return error;
  }
  // Returns the same error, marked as caused by a limit. `limit` must be a string literal.
  [[nodiscard]] Error AtLimit(std::string_view limit) const {
    Error error = *this;
    error.limit_ = limit;
    return error;
  }

  friend bool operator==(const Error&, const Error&) = default;

 private:
  ErrorCode code_;
  Wording text_;
  std::string_view limit_{};
};

// A value or an error: std::expected, but the compiler warns when a result is dropped. To ignore a
// failure deliberately, write `static_cast<void>(…)`, with the reason.
template <typename T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;

  // Success. With an implicit constructor, `return {};` would first clear the bytes of an error.
  constexpr Result()
    requires(std::is_void_v<T> || std::is_default_constructible_v<T>)
      : std::expected<T, Error>() {}

  // Forbids making a Result<bool> from another result, which would store whether that one
  // succeeded.
  template <typename Other>
    requires(std::is_same_v<T, bool> && !std::is_same_v<std::remove_cvref_t<Other>, Result> &&
             requires { typename std::remove_cvref_t<Other>::unexpected_type; })
  Result(Other&& other) = delete;
};

// Compares like std::expected, which on its own would take one side for a value.
template <typename T>
bool operator==(const Result<T>& a, const Result<T>& b) {
  return static_cast<const std::expected<T, Error>&>(a) ==
         static_cast<const std::expected<T, Error>&>(b);
}

}  // namespace namesake

#endif  // NAMESAKE_ERROR_H_
