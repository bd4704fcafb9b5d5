// The system's limits on this process, for errors that name the limit and the remedy.
#ifndef NAMESAKE_BASE_PROCESS_LIMITS_H_
#define NAMESAKE_BASE_PROCESS_LIMITS_H_

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "namesake/error.h"

namespace namesake::base {

// RLIMIT_FSIZE in bytes; empty for no limit.
std::optional<std::uint64_t> FileSizeLimit();

// Names the process limit behind a failed system call and the remedy, such as "the limit on open
// files (ulimit -n) is 6; raise it"; empty if no such limit explains the failure. `error_number` is
// the call's errno. For ENOMEM, only a limit on the address space counts.
std::string ProcessLimitText(int error_number);
// Like above, for a library's message that ends with the system's text or the error number ("Too
// many open files", "(os error 24)"), or contains the number as Rust prints it ("Os { code: 24,").
// Not for messages that end with a quote from a guest.
std::string ProcessLimitText(std::string_view words);

// Explains a failed thread start; `error` is what std::thread threw.
std::string NoThreadText(const std::exception& error);

// Fails unless `count` more files can be open at once. The error names the limit and the remedy.
Result<void> CheckOpenFiles(int count);

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_PROCESS_LIMITS_H_
