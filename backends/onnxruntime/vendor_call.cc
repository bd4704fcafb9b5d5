#include "backend_onnxruntime/vendor_call.h"

#include <exception>
#include <new>
#include <string>

#include "backend_onnxruntime/vendor_text.h"
#include "base/fail.h"
#include "base/process_limits.h"

namespace namesake::onnxruntime {

Error CurrentException(const Wording& context) {
  Fault fault;
  try {
    throw;
  } catch (const std::bad_alloc&) {
    fault.is_out_of_memory = true;
  } catch (const std::exception& e) {
    fault = ReadFault(e.what());
  } catch (...) {
    fault.words = "an exception of an unknown type";
  }
  const Wording blamed =
      fault.clause.empty() ? context : base::Worded("{}: {}", context, fault.clause);
  if (fault.is_out_of_memory) {
    return Error(ErrorCode::kRuntimeError, base::Worded("{}: out of memory", blamed));
  }
  if (const std::string limit = base::ProcessLimitText(std::string_view(fault.words));
      !limit.empty()) {
    fault.words += ": " + limit;
  }
  return Error(ErrorCode::kRuntimeError, blamed.for_guests(),
               fmt::format("{}: {}", blamed.for_operator(), fault.words));
}

}  // namespace namesake::onnxruntime
