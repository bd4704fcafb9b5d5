// The host's log: standard error, never standard output, which belongs to the guest.
#ifndef NAMESAKE_BASE_LOG_H_
#define NAMESAKE_BASE_LOG_H_

#include <spdlog/spdlog.h>

namespace namesake {

// The logger of the whole library, named "namesake", at level warn until somebody changes it.
// Thread-safe.
spdlog::logger& Log();

}  // namespace namesake

#endif  // NAMESAKE_BASE_LOG_H_
