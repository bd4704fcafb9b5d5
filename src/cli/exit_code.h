// The command's exit statuses, other than the guest's own.
#ifndef NAMESAKE_CLI_EXIT_CODE_H_
#define NAMESAKE_CLI_EXIT_CODE_H_

namespace namesake::cli {

inline constexpr int kSuccess = 0;
// Standard output could not be written, or any failure not listed below.
inline constexpr int kOutputFailed = 1;
// An option, an argument or the guest itself is unusable, or the system denies something needed to
// start the guest. Nothing ran.
inline constexpr int kBadUsage = 2;
// A model can't be loaded. No guest ran.
inline constexpr int kModelFailed = 3;
// The guest trapped or exceeded its timeout: 128 + SIGABRT, like shells and Wasmtime's command.
inline constexpr int kGuestTrapped = 134;

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_EXIT_CODE_H_
