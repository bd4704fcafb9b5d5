#include "worker/launch.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/fail.h"
#include "base/process_limits.h"
#include "protocol/connection.h"
#include "protocol/messages.h"

namespace namesake::worker {
namespace {

// Descriptors above those that the program gets, so that moving one does not overwrite another.
constexpr int kAside = 16;
constexpr std::size_t kStackBytes = std::size_t{64} << 10;

// Read by the two new processes. They share this process's memory until the program replaces it
// (CLONE_VM), so they call nothing that takes a lock or memory, and one may leave its errno here.
struct Plan {
  const char* program = nullptr;
  // To become 0, 1, 2, and those of the protocol, in this order.
  std::array<int, protocol::kFirstUnused> files{};
  std::byte* program_stack = nullptr;
  // Refers to the program's process. The kernel opens it with the process; -1 if it can't.
  int process = -1;
  int error_number = 0;
};

// Runs in the process that becomes the program.
int Become(void* argument) noexcept {
  Plan& plan = *static_cast<Plan*>(argument);
  // A terminal's signals are for the host, which ends its workers itself.
  ::setpgid(0, 0);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int i = 0; i < static_cast<int>(plan.files.size()); ++i) {
    if (::dup2(plan.files[static_cast<std::size_t>(i)], i) < 0) {
      plan.error_number = errno;
      ::_exit(1);
    }
  }
  if (::syscall(SYS_close_range, protocol::kFirstUnused, ~0U, 0) != 0) {
    rlimit open_files{};
    ::getrlimit(RLIMIT_NOFILE, &open_files);
    for (rlim_t i = protocol::kFirstUnused; i < open_files.rlim_cur; ++i) {
      ::close(static_cast<int>(i));
    }
  }
  constexpr mode_t kPrivate = 077;
  ::umask(kPrivate);
  static_cast<void>(::chdir("/"));
  const std::array<const char*, 2> arguments = {plan.program, nullptr};
  const std::array<const char*, 1> environment = {nullptr};
  ::execve(plan.program, const_cast<char* const*>(arguments.data()),
           const_cast<char* const*>(environment.data()));
  plan.error_number = errno;
  ::_exit(1);
}

// Runs in a process between, which ends at once. The program's process then has no parent here.
int StartProgram(void* argument) noexcept {
  Plan& plan = *static_cast<Plan*>(argument);
  const int started = ::clone(Become, plan.program_stack,
                              CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &plan, &plan.process);
  if (started < 0) plan.error_number = errno;
  ::_exit(0);
}

// Without a signal at its end, the process between shows in no waitpid but the one that asks for
// it. It shares this process's descriptors, so that the new one's is opened here.
int StartBetween(std::byte* stack, Plan& plan) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  // A handler of this process must not run in a process that shares its memory.
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  const pid_t between = ::clone(StartProgram, stack, CLONE_VM | CLONE_VFORK | CLONE_FILES, &plan);
  const int error_number = between < 0 ? errno : 0;
  if (between > 0) {
    while (::waitpid(between, nullptr, __WALL) < 0 && errno == EINTR) {
    }
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return error_number;
}

base::FileDescriptor Aside(int file) {
  return base::FileDescriptor(::fcntl(file, F_DUPFD_CLOEXEC, kAside));
}

}  // namespace

Result<Launched> Launch(const std::filesystem::path& program) {
  const auto fail = [&](int error_number) {
    const bool missing = error_number == ENOENT || error_number == ENOTDIR;
    return base::Fail(
        ErrorCode::kRuntimeError, "can't start a backend{}",
        Wording("", fmt::format("'s program {}: {}{}", program.string(),
                                base::SystemReason(error_number),
                                missing ? "; install it, or set backend_dir to its folder" : "")));
  };
  auto first = protocol::Connection::MakePair();
  if (!first) return base::Fail(std::move(first));
  auto keeper = protocol::Connection::MakePair();
  if (!keeper) return base::Fail(std::move(keeper));
  std::array<int, 2> log{};
  if (::pipe2(log.data(), O_CLOEXEC) != 0) return fail(errno);
  base::FileDescriptor log_read(log[0]);
  const base::FileDescriptor log_write(log[1]);
  ::fcntl(log_read.get(), F_SETFL, O_NONBLOCK);
  const base::FileDescriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));

  Plan plan{.program = program.c_str()};
  std::array<base::FileDescriptor, protocol::kFirstUnused> aside = {
      Aside(null.get()), Aside(log_write.get()), Aside(log_write.get()), Aside(first->second.get()),
      Aside(keeper->second.get())};
  for (std::size_t i = 0; i < aside.size(); ++i) {
    if (!aside[i].valid()) return fail(errno);
    plan.files[i] = aside[i].get();
  }
  std::vector<std::byte> stacks(2 * kStackBytes);
  // Stacks grow down.
  plan.program_stack = stacks.data() + kStackBytes;
  const int error_number = StartBetween(stacks.data() + stacks.size(), plan);
  base::FileDescriptor process(plan.process);
  if (error_number != 0) return fail(error_number);
  if (plan.error_number != 0) return fail(plan.error_number);
  return Launched{.first = std::move(first->first),
                  .keeper = std::move(keeper->first),
                  .log = std::move(log_read),
                  .process = std::move(process)};
}

}  // namespace namesake::worker
