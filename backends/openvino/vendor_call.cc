#include "backend_openvino/vendor_call.h"

#include <fmt/format.h>

#include <exception>
#include <new>

#include "backend_openvino/vendor_text.h"
#include "base/process_limits.h"
#include "base/text.h"

namespace namesake::openvino {
Error CurrentException(std::string_view context) {
  std::string text;
  try {
    throw;
  } catch (const std::bad_alloc&) {
    text = "out of memory";
  } catch (const std::exception& e) {
    text = VendorText(e.what());
    if (text.contains("std::bad_alloc")) text = "out of memory";
  } catch (...) {
    text = "an exception of an unknown type";
  }
  // Operations' names are a model's to choose, and may be of any length.
  constexpr std::size_t kMostBytes = 4096;
  if (text.size() > kMostBytes) text = base::Printable(text.substr(0, kMostBytes)) + "…";
  if (const std::string limit = base::ProcessLimitText(std::string_view(text)); !limit.empty()) {
    text += ": " + limit;
  }
  return Error(ErrorCode::kRuntimeError, fmt::format("{}: {}", context, text));
}

}  // namespace namesake::openvino
