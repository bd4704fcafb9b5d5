#include "cli/hangup.h"

#include <signal.h>

#include <utility>

namespace namesake::cli {
namespace {

sigset_t Hangup() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  return signals;
}

}  // namespace

void BlockHangup() {
  const sigset_t hangup = Hangup();
  pthread_sigmask(SIG_BLOCK, &hangup, nullptr);
}

HangupWatch::HangupWatch(std::function<void(const std::stop_token&)> on_hangup)
    : thread_([this, on_hangup = std::move(on_hangup)](const std::stop_token& stop) {
        const sigset_t hangup = Hangup();
        int signal = 0;
        while (sigwait(&hangup, &signal) == 0 && !stop.stop_requested()) on_hangup(stop);
        ended_ = true;
      }) {}

HangupWatch::~HangupWatch() { Stop(); }

void HangupWatch::Stop() {
  if (!thread_.request_stop()) return;
  // Wakes the thread. If it has stopped waiting already, the signal stays pending and ends with the
  // thread.
  pthread_kill(thread_.native_handle(), SIGHUP);
}

}  // namespace namesake::cli
