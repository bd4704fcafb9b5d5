#include "namesake/error.h"

namespace namesake {

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "invalid_argument";
    case ErrorCode::kInvalidEncoding:
      return "invalid_encoding";
    case ErrorCode::kMissingMemory:
      return "missing_memory";
    case ErrorCode::kBusy:
      return "busy";
    case ErrorCode::kRuntimeError:
      return "runtime_error";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kTooLarge:
      return "too_large";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kSecurity:
      return "security";
    case ErrorCode::kInternal:
      return "internal";
    case ErrorCode::kResourceExhausted:
      return "resource_exhausted";
  }
  return "internal";
}

Error Error::WithContext(const Wording& context) const {
  return Error(code_, context.for_guests() + ": " + message(),
               context.for_operator() + ": " + detail())
      .AtLimit(limit_);
}

}  // namespace namesake
