// What the library reports beside its results, and where that goes: standard error unless an
// embedder takes it.
//
//   namesake::SetLogLevel(namesake::LogLevel::kInfo);
//   namesake::SetLogSink([](namesake::LogLevel level, std::string_view text) { … });
//
// There is one log for the process, which all hosts share.
#ifndef NAMESAKE_LOG_H_
#define NAMESAKE_LOG_H_

#include <cstdint>
#include <functional>
#include <string_view>

#include "namesake/export.h"

namespace namesake {

// From the least to the most important.
enum class LogLevel : std::uint8_t {
  kDebug,    // Every failed call of a guest, every load: for finding the reason of one thing.
  kInfo,     // What is done: models that are loaded or read from the cache.
  kWarning,  // What an operator should know, and nothing fails of: a limit met, a cache that is
             // off.
  kError,    // What an operator must see to.
  kNothing,  // As a level of the log alone: no message has it.
};

// The least important level that is reported; kWarning until it is set. Safe for all threads; each
// message obeys the level that it finds.
NAMESAKE_API void SetLogLevel(LogLevel level);
NAMESAKE_API LogLevel CurrentLogLevel();

// Gets one message, without its level and without a newline at its end. The text is UTF-8 and may
// go to a terminal as it is: control characters, invalid UTF-8 and characters that hide or reorder
// text stand in it as \xNN. Valid during the call.
using LogSink = std::function<void(LogLevel level, std::string_view text)>;

// Sends all further messages to `sink`; to standard error again where it is empty. Safe for all
// threads.
//
// The sink is called by one thread at a time, on whichever thread reports something, which may be
// one that serves a guest: it should not block. When this function returns, the sink that was there
// before is not called any more and has been destroyed. What a sink throws goes no further, and
// its message to standard error; so does what is reported while the sink is running, on its own
// thread. A sink must not call this function. Take it away before what it refers to ends.
NAMESAKE_API void SetLogSink(LogSink sink);

}  // namespace namesake

#endif  // NAMESAKE_LOG_H_
