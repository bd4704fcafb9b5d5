// The command's messages where the system denies it what it needs.
#ifndef NAMESAKE_CLI_FAILURES_H_
#define NAMESAKE_CLI_FAILURES_H_

#include <exception>

#include "namesake/error.h"

namespace namesake::cli {

// Has the engine's own failures reported as the command's: a warning, once, when a compiled guest
// can't be kept; and one sentence, and the status of exit_code.h, in place of a panic with a
// backtrace when a limit of the process leaves it without a thread, a file or memory.
void PrepareEngine();

// Whether the process may open as many files as the command needs beside models. Errors:
// runtime_error with the limit and the remedy.
Result<void> CheckProcess();

// Reports what was thrown, and returns the exit status.
int ReportException(const std::exception& error);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_FAILURES_H_
