// The library's log: what it reports besides its results. It goes to standard error unless an
// embedder sets a sink.
//
//   namesake::SetLogLevel(namesake::LogLevel::kInfo);
//   namesake::SetLogSink([](namesake::LogLevel level, std::string_view text) {
//     if (level >= namesake::LogLevel::kWarning) Show(text);
//   });
//
// There is one log per process, shared by all hosts.
#ifndef NAMESAKE_LOG_H_
#define NAMESAKE_LOG_H_

#include <cstdint>
#include <functional>
#include <string_view>

#include "namesake/export.h"

namespace namesake {

// From the least to the most important.
enum class LogLevel : std::uint8_t {
  kDebug,    // Every failed call of a guest and every load: for tracing one problem.
  kInfo,     // Normal work: models that are loaded or read from the cache.
  kWarning,  // What an operator should know although nothing fails: a limit reached, no cache.
  kError,    // What an operator must act on.
  kNothing,  // Only as a level of the log: no message has it.
};

// Sets the least important level that is reported; kWarning by default. Safe for all threads; each
// message obeys the level at its own time.
NAMESAKE_API void SetLogLevel(LogLevel level);
NAMESAKE_API LogLevel CurrentLogLevel();

// Receives one message, without its level and without a newline at the end. The text is UTF-8 and
// safe to print on a terminal: control characters, invalid UTF-8 and characters that hide or
// reorder text are written as \xNN. Valid during the call.
using LogSink = std::function<void(LogLevel level, std::string_view text)>;

// Sends all further messages to `sink`, or to standard error again if `sink` is empty. Safe for all
// threads.
//
// The sink is called by one thread at a time, on the thread that reports the message, which may be
// one that serves a guest: it should not block. When this function returns, the previous sink has
// been destroyed and is not called again. An exception from a sink goes no further, and its message
// goes to standard error; so does a message that the sink itself causes on its thread. A sink must
// not call this function. Remove a sink before the objects that it refers to end.
NAMESAKE_API void SetLogSink(LogSink sink);

}  // namespace namesake

#endif  // NAMESAKE_LOG_H_
