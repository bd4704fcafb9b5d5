#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

#include "backend_program/file_calls.h"
#include "backend_program/landlock.h"
#include "backend_program/sandbox.h"
#include "base/fail.h"
#include "base/file.h"

namespace namesake::backend_program {
namespace {

std::unexpected<Error> Failed(std::string_view what) {
  return base::Fail(ErrorCode::kRuntimeError, "can't restrict a backend's process: {}: {}", what,
                    base::SystemWording(errno));
}

// Landlock binds a thread and those that it starts, so no other may exist.
Result<void> CheckOneThread() {
  struct stat tasks{};
  // Besides the threads, a directory has two links. Without /proc nothing can be told.
  if (::stat("/proc/self/task", &tasks) != 0 || tasks.st_nlink <= 3) return {};
  return base::FailInternal("{} threads run before the sandbox", tasks.st_nlink - 2);
}

Result<void> EndWithParent(pid_t parent) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return Failed("the signal at its end");
  // It may have ended before.
  if (::getppid() == parent) return {};
  return base::Fail(ErrorCode::kRuntimeError, "the process that started the backend has ended");
}

Result<void> Limit(decltype(RLIMIT_CORE) resource, std::uint64_t most, std::string_view name) {
  struct rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return Failed(name);
  // Only root could raise one.
  limit.rlim_max = std::min<rlim_t>(limit.rlim_max, most);
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(resource, &limit) != 0) return Failed(name);
  return {};
}

Result<void> SetLimits(const ConfineOptions& options) {
  if (auto set = Limit(RLIMIT_CORE, 0, "core dumps"); !set) return set;
  if (auto set = Limit(RLIMIT_NOFILE, options.max_open_files, "open files"); !set) return set;
  return Limit(RLIMIT_FSIZE, options.max_file_bytes, "file sizes");
}

// A network of its own, without a device, and shared memory and names that are nobody else's: what
// the filter forbids anyway. Only root can have them without a user namespace, in which the process
// would have rights, if only until it drops them. Where the system grants neither, it does without.
// Before the signal at the parent's end, which a new user namespace takes back.
void EnterNamespaces() {
  constexpr int kOwn = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
  if (::unshare(kOwn) == 0) return;
  static_cast<void>(::unshare(CLONE_NEWUSER | kOwn));
}

// The first 32 capabilities that the process has now, one in each bit.
std::uint32_t Capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> sets{};
  return ::syscall(SYS_capget, &header, sets.data()) == 0 ? sets[0].effective : 0;
}

// Keeps one of root's privileges, which the warm-up may need: to read libraries in a directory that
// others can't enter.
Result<void> DropCapabilities(std::uint32_t before) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> sets{};
  sets[0].effective = sets[0].permitted = before & (1U << CAP_DAC_READ_SEARCH);
  if (::syscall(SYS_capset, &header, sets.data()) != 0) return Failed("capabilities");
  return {};
}

// The file calls that are answered arrive as this signal, which the starter may have blocked. Later
// threads inherit what this one blocks.
Result<void> UnblockTrap() {
  sigset_t trap;
  ::sigemptyset(&trap);
  ::sigaddset(&trap, SIGSYS);
  if (::sigprocmask(SIG_UNBLOCK, &trap, nullptr) != 0) return Failed("signals");
  return {};
}

Result<void> DropPrivileges(const ConfineOptions& options) {
  const std::uint32_t capabilities = Capabilities();
  EnterNamespaces();
  if (auto ends = EndWithParent(options.parent); !ends) return ends;
  if (auto set = SetLimits(options); !set) return set;
  if (::chdir("/") != 0) return Failed("its directory");
  if (auto unblocked = UnblockTrap(); !unblocked) return unblocked;
  if (auto dropped = DropCapabilities(capabilities); !dropped) return dropped;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Failed("new privileges");
  return {};
}

}  // namespace

Result<std::vector<std::string>> Confine(const ConfineOptions& options) {
  if (auto one = CheckOneThread(); !one) return base::Fail(std::move(one));
  // Before Landlock closes the way to it.
  OpenNullDevice();
  if (auto dropped = DropPrivileges(options); !dropped) return base::Fail(std::move(dropped));
  const int version = LandlockVersion();
  if (version == 0) {
    if (options.strictness == Strictness::kBestEffort) {
      return std::vector<std::string>{"Landlock, which keeps a backend's process from files"};
    }
    return base::Fail(ErrorCode::kUnsupported,
                      "the kernel has no Landlock, which keeps a backend's process from files: use "
                      "Linux 5.13 or newer with \"landlock\" in the parameter lsm=, or set "
                      "sandbox = \"best effort\" to do without");
  }
  auto restricted = RestrictByLandlock(version, options.readable, options.devices);
  if (!restricted) return base::Fail(std::move(restricted));
  return std::vector<std::string>{};
}

Result<void> LimitData(std::uint64_t bytes) { return Limit(RLIMIT_DATA, bytes, "memory"); }

}  // namespace namesake::backend_program
