// Calls ONNX Runtime, and turns its exceptions into errors.
#ifndef NAMESAKE_BACKENDS_ONNXRUNTIME_VENDOR_CALL_H_
#define NAMESAKE_BACKENDS_ONNXRUNTIME_VENDOR_CALL_H_

#include <concepts>
#include <utility>

#include "base/result_of.h"
#include "namesake/error.h"

namespace namesake::onnxruntime {

// Makes an error from the current exception: runtime_error with `context` and the operation that is
// to blame for guests, and ONNX Runtime's words besides for the operator, by ReadFault().
Error CurrentException(const Wording& context);

// Returns the result of `call()`, which may throw anything and may return a Result. `context` is a
// Wording, or a text that is only converted to one if something is thrown.
template <std::convertible_to<Wording> Context, typename Call>
base::ResultOf<Call> VendorCall(const Context& context, Call&& call) try {
  return base::CallForResult(std::forward<Call>(call));
} catch (...) {
  return std::unexpected(CurrentException(context));
}

}  // namespace namesake::onnxruntime

#endif  // NAMESAKE_BACKENDS_ONNXRUNTIME_VENDOR_CALL_H_
