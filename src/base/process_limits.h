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

// RLIMIT_FSIZE, in bytes; empty for no limit.
std::optional<std::uint64_t> FileSizeLimit();

// The limit of the process that is behind a failure of the system's, with the remedy, such as "the
// limit on open files (ulimit -n) is 6; raise it"; empty for a failure that no such limit explains.
// `error_number` is that of a failed call; ENOMEM is explained by a limit on the address space
// alone.
std::string ProcessLimitText(int error_number);
// The same of the words of a library that end with the system's, or with the error's number: "Too
// many open files", "(os error 24)"; or that have it as Rust prints it: "Os { code: 24,". Not for
// words that quote a guest at their end.
std::string ProcessLimitText(std::string_view words);

// Why no thread could be started, by what std::thread has thrown.
std::string NoThreadText(const std::exception& error);

// Whether so many files more can be open at once; else which limit is too low, and the remedy.
Result<void> CheckOpenFiles(int count);

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_PROCESS_LIMITS_H_
