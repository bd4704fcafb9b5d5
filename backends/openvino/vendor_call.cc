#include "backend_openvino/vendor_call.h"

#include <fmt/format.h>

#include <exception>
#include <new>

#include "base/process_limits.h"
#include "base/text.h"

namespace namesake::openvino {
namespace {

// Lines such as "Exception from src/inference/src/cpp/core.cpp:117:" and "Check '…' failed at
// src/…:219:" say where OpenVINO noticed, not what is wrong.
bool NamesSourceLine(std::string_view line) {
  if (line.starts_with("Exception from ")) return true;
  if (line.starts_with("FrontEnd API failed with ")) return true;
  return line.starts_with("Check '") && line.contains(" failed at ") && line.ends_with(':');
}

void AppendWords(std::string_view line, std::string& text) {
  while (true) {
    const std::size_t begin = line.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return;
    line.remove_prefix(begin);
    const std::string_view word = line.substr(0, line.find_first_of(" \t\r\n"));
    if (!text.empty()) text += ' ';
    text += word;
    line.remove_prefix(word.size());
  }
}

}  // namespace

std::string VendorText(std::string_view what) {
  std::string text;
  for (std::string_view rest = what; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    if (!NamesSourceLine(line)) AppendWords(line, text);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  // Some checks have no words of their own.
  if (text.empty()) AppendWords(what, text);
  // It may quote a name out of a model, which can be any bytes.
  return Printable(text);
}

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
  if (const std::string limit = ProcessLimitText(std::string_view(text)); !limit.empty()) {
    text += ": " + limit;
  }
  return Error(ErrorCode::kRuntimeError, fmt::format("{}: {}", context, text));
}

}  // namespace namesake::openvino
