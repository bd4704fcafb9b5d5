// Where exceptions of OpenVINO end.
#ifndef NAMESAKE_BACKENDS_OPENVINO_VENDOR_CALL_H_
#define NAMESAKE_BACKENDS_OPENVINO_VENDOR_CALL_H_

#include <string>
#include <string_view>
#include <utility>

#include "base/result_of.h"
#include "namesake/error.h"

namespace namesake::openvino {

// The error for the exception being handled: runtime_error, "`context`: its words", by
// VendorText().
Error CurrentException(std::string_view context);

// The result of `call()`, which may throw whatever it likes, and may return a Result.
template <typename Call>
base::ResultOf<Call> VendorCall(std::string_view context, Call&& call) try {
  return base::CallForResult(std::forward<Call>(call));
} catch (...) {
  return std::unexpected(CurrentException(context));
}

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_VENDOR_CALL_H_
