// Where exceptions of OpenVINO end.
#ifndef NAMESAKE_BACKENDS_OPENVINO_VENDOR_CALL_H_
#define NAMESAKE_BACKENDS_OPENVINO_VENDOR_CALL_H_

#include <concepts>
#include <utility>

#include "base/result_of.h"
#include "namesake/error.h"

namespace namesake::openvino {

// The error for the exception being handled: runtime_error with `context` for guests, and for the
// operator "`context`: its words", by VendorText().
Error CurrentException(const Wording& context);

// The result of `call()`, which may throw whatever it likes, and may return a Result. `context` is
// a Wording, or a text that is made one where something is thrown.
template <std::convertible_to<Wording> Context, typename Call>
base::ResultOf<Call> VendorCall(const Context& context, Call&& call) try {
  return base::CallForResult(std::forward<Call>(call));
} catch (...) {
  return std::unexpected(CurrentException(context));
}

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_VENDOR_CALL_H_
