// The signal SIGHUP, by which an operator asks a process to read its configuration again.
#ifndef NAMESAKE_CLI_HANGUP_H_
#define NAMESAKE_CLI_HANGUP_H_

#include <atomic>
#include <functional>
#include <stop_token>
#include <thread>

namespace namesake::cli {

// Keeps SIGHUP from this thread and from those that it starts: before any thread is started. It
// stays pending then until a `HangupWatch` takes it.
void BlockHangup();

// Calls a function for each SIGHUP, on a thread of its own, one at a time; signals that come during
// a call are one more call. Its end waits for the call that is under way, whose token asks it to be
// quick.
class HangupWatch {
 public:
  // SIGHUP is blocked. Throws std::system_error where no thread can be started.
  explicit HangupWatch(std::function<void(const std::stop_token&)> on_hangup);
  HangupWatch(const HangupWatch&) = delete;
  HangupWatch& operator=(const HangupWatch&) = delete;
  ~HangupWatch();

  // Asks a call that is under way to be quick, and takes no more signals. Does not wait.
  void Stop();
  // Whether there is no call after Stop, or none any more.
  bool ended() const { return ended_; }

 private:
  std::atomic<bool> ended_ = false;
  std::jthread thread_;  // Last, as it uses the other.
};

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_HANGUP_H_
