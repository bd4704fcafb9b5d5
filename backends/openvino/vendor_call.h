// Where exceptions of OpenVINO end.
#ifndef NAMESAKE_BACKENDS_OPENVINO_VENDOR_CALL_H_
#define NAMESAKE_BACKENDS_OPENVINO_VENDOR_CALL_H_

#include <concepts>
#include <type_traits>
#include <utility>

#include "namesake/error.h"

namespace namesake::openvino {

// The error for the exception being handled: runtime_error with `context` for guests, and for the
// operator "`context`: its words", by VendorText().
Error CurrentException(const Wording& context);

template <typename T>
struct ResultOf {
  using Type = Result<T>;
};
template <typename T>
struct ResultOf<Result<T>> {
  using Type = Result<T>;
};

// The result of `call()`, which may throw whatever it likes, and may return a Result. `context` is
// a Wording, or a text that is made one where something is thrown.
template <std::convertible_to<Wording> Context, typename Call>
auto VendorCall(const Context& context, Call&& call) ->
    typename ResultOf<std::invoke_result_t<Call>>::Type try {
  if constexpr (std::is_void_v<std::invoke_result_t<Call>>) {
    std::forward<Call>(call)();
    return {};
  } else {
    return std::forward<Call>(call)();
  }
} catch (...) {
  return std::unexpected(CurrentException(context));
}

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_VENDOR_CALL_H_
