// How signals end the command.
#ifndef NAMESAKE_CLI_SIGNALS_H_
#define NAMESAKE_CLI_SIGNALS_H_

namespace namesake::cli {

// SIGTERM and SIGINT end the process at once, whatever the guest does. The system sees to that for
// all but the first process of a container, for which it ignores signals that nobody handles: there
// the process ends with 128 plus the signal's number, as a shell says it of others.
//
// A write beyond the limit of a file's size (RLIMIT_FSIZE) fails, and does not end the process: a
// cache that can't be written is no reason to. Before any thread is started.
void PrepareSignals();

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_SIGNALS_H_
