// The command's messages for failures of the system and of the engine.
#ifndef NAMESAKE_CLI_FAILURES_H_
#define NAMESAKE_CLI_FAILURES_H_

#include <exception>

#include "namesake/error.h"

namespace namesake::cli {

// Reports the engine's own failures as the command's: a warning, once, if a compiled guest can't be
// cached; and, if a process limit denies the engine a thread, a file or memory, one sentence and
// the status of exit_code.h instead of a panic with a backtrace.
void PrepareEngine();

// Fails unless the process may open as many files as the command needs, models aside. Errors:
// runtime_error with the limit and the remedy.
Result<void> CheckProcess();

// Reports a caught exception, and returns the exit status.
int ReportException(const std::exception& error);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_FAILURES_H_
