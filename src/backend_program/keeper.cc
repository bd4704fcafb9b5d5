#include "backend_program/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "base/fail.h"
#include "protocol/connection.h"
#include "protocol/messages.h"

namespace namesake::backend_program {
namespace {

base::FileDescriptor OpenProcess(pid_t process) {
  return base::FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
}

void Report(protocol::Connection& host, protocol::Kind kind, const protocol::Writer& body) {
  // The host may have ended.
  static_cast<void>(host.Send(kind, 0, body.bytes(), {}, Deadline::Never()));
}

// Returns true once the worker has ended, which is then reported.
bool TakeNews(pid_t worker, protocol::Connection& host) {
  for (;;) {
    siginfo_t news{};
    if (::waitid(P_PID, static_cast<id_t>(worker), &news, WEXITED | WSTOPPED | WNOHANG) != 0) {
      return errno == ECHILD;
    }
    if (news.si_pid == 0) return false;
    protocol::Writer body;
    if (news.si_code == CLD_STOPPED) {
      // A stopped worker answers nobody, and would hold what it has for ever.
      Report(host, protocol::Kind::kStopped, body);
      ::kill(worker, SIGKILL);
      continue;
    }
    Put(protocol::Ended{.by_signal = news.si_code != CLD_EXITED,
                        .status = static_cast<std::uint64_t>(news.si_status)},
        body);
    Report(host, protocol::Kind::kEnded, body);
    return true;
  }
}

// Waits for the end of the worker or of the host, whichever comes first, and sees to the other.
[[noreturn]] void Keep(pid_t worker, const base::FileDescriptor& news,
                       base::FileDescriptor socket) {
  const int host_fd = socket.get();
  protocol::Connection host(std::move(socket), protocol::Side::kHost);
  const base::FileDescriptor worker_fd = OpenProcess(worker);
  const std::array<int, 1> files = {worker_fd.get()};
  protocol::Writer body;
  body.Number(static_cast<std::uint64_t>(worker));
  if (!worker_fd.valid() ||
      !host.Send(protocol::Kind::kKept, 0, body.bytes(), files, Deadline::Never())) {
    ::kill(worker, SIGKILL);
    ::_exit(1);
  }
  std::array<pollfd, 2> polled = {pollfd{.fd = host_fd, .events = POLLIN, .revents = 0},
                                  pollfd{.fd = news.get(), .events = POLLIN, .revents = 0}};
  for (;;) {
    if (::poll(polled.data(), polled.size(), -1) < 0) continue;
    if (polled[1].revents != 0) {
      signalfd_siginfo ignored{};
      static_cast<void>(::read(news.get(), &ignored, sizeof ignored));
      if (TakeNews(worker, host)) ::_exit(0);
    }
    // The host says nothing here: it has ended, or lets the worker go.
    if (polled[0].revents != 0) {
      ::kill(worker, SIGKILL);
      ::waitpid(worker, nullptr, 0);
      ::_exit(0);
    }
  }
}

}  // namespace

Result<pid_t> StartKept(base::FileDescriptor host) {
  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child, nullptr);
  const pid_t keeper = ::getpid();
  // Before there is a worker, so that whoever sees that at work tells the two apart.
  constexpr std::size_t kNameBytes = 16;  // As PR_GET_NAME has it.
  std::array<char, kNameBytes> name{};
  ::prctl(PR_GET_NAME, name.data());
  ::prctl(PR_SET_NAME, "namesake-keeper");
  const pid_t worker = ::fork();
  if (worker < 0) {
    return base::Fail(ErrorCode::kRuntimeError, "can't start a worker: {}",
                      base::SystemWording(errno));
  }
  if (worker == 0) {
    ::prctl(PR_SET_NAME, name.data());
    ::sigprocmask(SIG_UNBLOCK, &child, nullptr);
    return keeper;
  }
  // The worker's own, which must end with it.
  ::close(protocol::kFirstConnection);
  ::close(STDERR_FILENO);
  const base::FileDescriptor news(::signalfd(-1, &child, SFD_CLOEXEC));
  Keep(worker, news, std::move(host));
}

}  // namespace namesake::backend_program
