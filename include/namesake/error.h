// Errors as values.
//
// Every operation of Namesake that can fail returns a `Result<T>`: either the value or an `Error`.
// No exception crosses a public function; exceptions of vendor libraries end inside the adapter
// that calls the library. Codes are sorted by what the caller can do about them, and one table
// (docs/abi.md) maps each code to what a guest sees.
//
// An error has two readers. Its message is in our own words, and any guest may read it. Its detail
// is for the operator and the log: the same with what guests must not learn, or can't use.
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
  kMissingMemory,    // The guest exports no memory.
  kBusy,             // A queue is full; the same request may succeed later.
  kRuntimeError,     // A backend or the environment failed; the detail has its own words.
  kUnsupported,      // Valid, but nothing here can do it: an absent device, an operation.
  kTooLarge,         // It will never fit: above a limit by itself, or a buffer is too small.
  kNotFound,         // No such name in the caller's view.
  kTimeout,          // A deadline passed.
  kSecurity,         // The policy forbids it.
  kInternal,         // A defect of Namesake; never caused by input.
  // A limit is used up at the moment: the same request may succeed when others have given back.
  kResourceExhausted,
};

// The number of codes; codes are contiguous from 0.
inline constexpr int kErrorCodeCount = 12;

// The code's name as documentation spells it, such as "invalid_argument".
NAMESAKE_API std::string_view ErrorCodeName(ErrorCode code);

// A text, or a part of one, for both readers: "the model" to a guest is
// "/srv/models/resnet.onnx" to the operator.
class NAMESAKE_API Wording {
 public:
  // The same for both.
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
  std::string for_operator_{};  // Empty where it is the same.
};

// A code and one sentence or two that name the thing that failed, the reason and, where there is
// one, the remedy. Values are immutable in practice and freely copied between threads.
class NAMESAKE_API Error {
 public:
  // Whatever a guest's call can fail with has no path of the host's in its message, and no words of
  // a library's. What only the operator can cause, such as a problem of the configuration, needs no
  // detail beside its message.
  Error(ErrorCode code, Wording text) : code_(code), text_(std::move(text)) {}
  Error(ErrorCode code, std::string message, std::string detail)
      : Error(code, Wording(std::move(message), std::move(detail))) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return text_.for_guests(); }
  // The message itself where there is nothing more to tell.
  const std::string& detail() const { return text_.for_operator(); }
  bool has_detail() const { return text_.differs(); }
  const Wording& text() const { return text_; }
  // The limit that was met, by its setting's name such as "max_contexts"; empty for other errors.
  std::string_view limit() const { return limit_; }

  // The same error with "`context`: " before its message and its detail.
  [[nodiscard]] Error WithContext(const Wording& context) const;
  // The same error of another code.
  [[nodiscard]] Error WithCode(ErrorCode code) const {
    Error error = *this;
    error.code_ = code;
    return error;
  }
  // The same error as that of a limit. `limit` is a literal.
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

// A value or the error in its place: std::expected, but one that no caller may drop unseen. A
// failure that may be ignored is ignored in so many words: `static_cast<void>(…)`, with the reason.
template <typename T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;

  // Success. With an implicit one, `return {};` would clear the bytes of an error first.
  constexpr Result()
    requires(std::is_void_v<T> || std::is_default_constructible_v<T>)
      : std::expected<T, Error>() {}

  // A bool is made of a bool, and not of whether something else succeeded.
  template <typename Other>
    requires(std::is_same_v<T, bool> && !std::is_same_v<std::remove_cvref_t<Other>, Result> &&
             requires { typename std::remove_cvref_t<Other>::unexpected_type; })
  Result(Other&& other) = delete;
};

// Two errors are the same as std::expected has it; without this, std::expected would take one side
// for a value.
template <typename T>
bool operator==(const Result<T>& a, const Result<T>& b) {
  return static_cast<const std::expected<T, Error>&>(a) ==
         static_cast<const std::expected<T, Error>&>(b);
}

}  // namespace namesake

#endif  // NAMESAKE_ERROR_H_
