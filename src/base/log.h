// The host's log. Goes to standard error by default, never to standard output: that is the guest's.
#ifndef NAMESAKE_BASE_LOG_H_
#define NAMESAKE_BASE_LOG_H_

#include <spdlog/spdlog.h>

#include "namesake/export.h"

namespace namesake::base {

// The logger of the whole library, named "namesake", behind namesake/log.h. All sinks receive
// messages as VisibleLine() writes them, so nothing that a message quotes can send control
// characters to a terminal or forge a line. Thread-safe. The first call creates it and may throw
// std::bad_alloc; once a host exists, it has been created. Logging itself never throws.
//
// Exported although internal: a backend built as a library of its own must log here too.
NAMESAKE_API spdlog::logger& Log();

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_LOG_H_
