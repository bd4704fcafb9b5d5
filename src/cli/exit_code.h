// What the command's exit status says, besides a guest's own.
#ifndef NAMESAKE_CLI_EXIT_CODE_H_
#define NAMESAKE_CLI_EXIT_CODE_H_

namespace namesake::cli {

inline constexpr int kSuccess = 0;
// Standard output could not be written, or something went wrong that nothing else covers.
inline constexpr int kOutputFailed = 1;
// An option, an argument or the guest itself is unusable, or the system denies what it takes to
// start it; nothing ran.
inline constexpr int kBadUsage = 2;
// A model can't be loaded; no guest ran.
inline constexpr int kModelFailed = 3;
// The guest trapped, or was stopped after its timeout: 128 + SIGABRT, as shells and Wasmtime's
// command report it.
inline constexpr int kGuestTrapped = 134;

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_EXIT_CODE_H_
