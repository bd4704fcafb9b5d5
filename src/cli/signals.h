// How the command handles signals.
#ifndef NAMESAKE_CLI_SIGNALS_H_
#define NAMESAKE_CLI_SIGNALS_H_

namespace namesake::cli {

// SIGTERM and SIGINT end the process at once, whatever the guest does. The system ensures that,
// except for the first process of a container: for it, the system ignores signals without a
// handler. There the process exits with 128 plus the signal's number, as shells report it.
//
// A write beyond the file size limit (RLIMIT_FSIZE) fails without ending the process, because the
// command can go on without a cache. To be called before any thread is started.
void PrepareSignals();

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_SIGNALS_H_
