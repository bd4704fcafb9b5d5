// SIGHUP, with which an operator asks a process to read its configuration again.
#ifndef NAMESAKE_CLI_HANGUP_H_
#define NAMESAKE_CLI_HANGUP_H_

#include <atomic>
#include <functional>
#include <stop_token>
#include <thread>

namespace namesake::cli {

// Blocks SIGHUP in this thread and in those it starts. To be called before any thread is started.
// The signal then stays pending until a `HangupWatch` takes it.
void BlockHangup();

// Calls a function for each SIGHUP, one call at a time, on its own thread. Signals that arrive
// during a call cause one more call. The destructor waits for the current call, whose token asks it
// to be quick.
class HangupWatch {
 public:
  // SIGHUP must be blocked. Throws std::system_error if no thread can be started.
  explicit HangupWatch(std::function<void(const std::stop_token&)> on_hangup);
  HangupWatch(const HangupWatch&) = delete;
  HangupWatch& operator=(const HangupWatch&) = delete;
  ~HangupWatch();

  // Takes no more signals, and asks the current call to be quick. Does not wait.
  void Stop();
  // Whether no call runs any more, and none will follow. Meaningful after Stop.
  bool ended() const { return ended_; }

 private:
  std::atomic<bool> ended_ = false;
  std::jthread thread_;  // Last, because it uses `ended_`.
};

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_HANGUP_H_
