// The signal SIGHUP, by which an operator asks a process to read its configuration again.
#ifndef NAMESAKE_CLI_HANGUP_H_
#define NAMESAKE_CLI_HANGUP_H_

#include <functional>
#include <stop_token>
#include <thread>

namespace namesake::cli {

// Keeps SIGHUP from this thread and from those that it starts: before any thread is started. It
// stays pending then until a `HangupWatch` takes it.
void BlockHangup();

// Calls a function for each SIGHUP, on a thread of its own, one at a time; signals that come during
// a call are one more call. Ends with the call that is under way, whose token asks it to be quick.
class HangupWatch {
 public:
  // SIGHUP is blocked. Throws std::system_error where no thread can be started.
  explicit HangupWatch(std::function<void(const std::stop_token&)> on_hangup);
  HangupWatch(const HangupWatch&) = delete;
  HangupWatch& operator=(const HangupWatch&) = delete;
  ~HangupWatch();

 private:
  std::jthread thread_;
};

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_HANGUP_H_
