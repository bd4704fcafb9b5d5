#include "cli/signals.h"

#include <signal.h>
#include <unistd.h>

namespace namesake::cli {
namespace {

void EndBy(int signal) { ::_exit(128 + signal); }

// Keeps ignoring a signal that was ignored at the start, as under nohup.
void HandleUnlessIgnored(int signal) {
  struct sigaction now{};
  if (::sigaction(signal, nullptr, &now) != 0 || now.sa_handler == SIG_IGN) return;
  struct sigaction ending{};
  ending.sa_handler = EndBy;
  ::sigaction(signal, &ending, nullptr);
}

}  // namespace

void PrepareSignals() {
  ::signal(SIGXFSZ, SIG_IGN);
  if (::getpid() != 1) return;
  HandleUnlessIgnored(SIGTERM);
  HandleUnlessIgnored(SIGINT);
}

}  // namespace namesake::cli
