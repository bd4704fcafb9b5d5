// The host's log: by default standard error, never standard output, which belongs to the guest.
#ifndef NAMESAKE_BASE_LOG_H_
#define NAMESAKE_BASE_LOG_H_

#include <spdlog/spdlog.h>

namespace namesake::base {

// The logger of the whole library, named "namesake", behind namesake/log.h. All sinks receive
// messages as VisibleLine() writes them: nothing that a message quotes can send a terminal a
// control character or forge a line. Thread-safe. The first call makes it, and may throw
// std::bad_alloc; where there is a host, it is made. Logging itself throws nothing.
spdlog::logger& Log();

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_LOG_H_
