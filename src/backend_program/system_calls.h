// The system calls that a backend's process is left with, each with its reason.
#ifndef NAMESAKE_SRC_BACKEND_PROGRAM_SYSTEM_CALLS_H_
#define NAMESAKE_SRC_BACKEND_PROGRAM_SYSTEM_CALLS_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace namesake::backend_program {

enum class Verdict : std::uint8_t {
  kAllow,
  // Allowed as the call's condition says; anything else fails with EPERM.
  kAllowSome,
  // Allowed as the call's condition says; anything else ends the process.
  kAllowSomeOrKill,
  // Answered in the process (file_calls.h).
  kAnswer,
  // Fails with ENOSYS, as if the kernel did not have it.
  kUnknown,
  // Ends the process. No library calls it, or none that we run; so whoever does is an intruder.
  kKill,
};

struct SystemCall {
  std::string_view name;
  Verdict verdict = Verdict::kAllow;
  std::string_view reason;
};

// A call that is not in the table fails with EPERM: libraries probe for much that they can do
// without.
std::span<const SystemCall> SystemCalls();

}  // namespace namesake::backend_program

#endif  // NAMESAKE_SRC_BACKEND_PROGRAM_SYSTEM_CALLS_H_
