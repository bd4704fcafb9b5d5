#include "backend_openvino/vendor_call.h"

#include <fmt/format.h>

#include <exception>
#include <new>

#include "backend_openvino/vendor_text.h"
#include "base/fail.h"
#include "base/process_limits.h"
#include "base/text.h"

namespace namesake::openvino {

Error CurrentException(const Wording& context) {
  const auto out_of_memory = [&] {
    return Error(ErrorCode::kRuntimeError, base::Worded("{}: out of memory", context));
  };
  std::string text;
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  } catch (const std::exception& e) {
    text = VendorText(e.what());
    if (text.contains("std::bad_alloc")) return out_of_memory();
  } catch (...) {
    text = "an exception of an unknown type";
  }
  // A model chooses the names of its operations, which may be of any length.
  constexpr std::size_t kMostBytes = 4096;
  if (text.size() > kMostBytes) text = base::Printable(text.substr(0, kMostBytes)) + "…";
  if (const std::string limit = base::ProcessLimitText(std::string_view(text)); !limit.empty()) {
    text += ": " + limit;
  }
  return Error(ErrorCode::kRuntimeError, context.for_guests(),
               fmt::format("{}: {}", context.for_operator(), text));
}

}  // namespace namesake::openvino
