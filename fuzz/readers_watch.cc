#include "readers_watch.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sanitizer/asan_interface.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "require.h"

namespace namesake::fuzz {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kForbiddenBytes = std::size_t{1} << 20;
constexpr auto kLongest = std::chrono::seconds(4);
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 31;

// The child's exit codes. Any other is a sanitizer's.
constexpr int kExitTook = 0;
constexpr int kExitRefused = 100;
constexpr int kExitCrashed = 101;
constexpr int kExitTouched = 102;
constexpr int kExitNotWatched = 103;

// Not [[noreturn]]: before such a call on a signal's stack, the sanitizer opens a file.
void End(int code) { ::syscall(SYS_exit_group, code); }

bool g_is_child = false;

void EndByFault(int /*signal*/, siginfo_t* info, void* /*context*/) {
  const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
  const bool forbidden = at >= kForbiddenAddress && at - kForbiddenAddress < kForbiddenBytes;
  End(forbidden ? kExitTouched : kExitCrashed);
}

// Replaces the fuzzer's handlers, which would save the input as a finding.
void TakeSignals() {
  static std::array<std::byte, 65536> stack;
  const stack_t alternate{.ss_sp = stack.data(), .ss_flags = 0, .ss_size = stack.size()};
  ::sigaltstack(&alternate, nullptr);
  struct sigaction action{};
  action.sa_sigaction = EndByFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (const int fault : {SIGSEGV, SIGBUS}) ::sigaction(fault, &action, nullptr);
  for (const int fatal :
       {SIGABRT, SIGFPE, SIGILL, SIGTRAP, SIGXCPU, SIGXFSZ, SIGALRM, SIGTERM, SIGINT}) {
    ::signal(fatal, SIG_DFL);
  }
  g_is_child = true;
}

void SetLimit(__rlimit_resource resource, rlim_t value) {
  const rlimit limit{.rlim_cur = value, .rlim_max = value};
  ::setrlimit(resource, &limit);
}

// Address space stays unlimited, since a sanitizer reserves terabytes of it; the parent watches
// resident memory.
void TakeLimits() {
  SetLimit(RLIMIT_CORE, 0);
  SetLimit(RLIMIT_CPU, 2 * kLongest.count());
  SetLimit(RLIMIT_FSIZE, rlim_t{64} << 20);
}

// From here on, calls that open files, start programs or connect wait for the parent's answer.
// Returns the descriptor that it listens on, or -1.
int Filter() {
  const scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  if (filter == nullptr) return -1;
  for (const int call : {SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(creat),
                         SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(connect), SCMP_SYS(socket),
                         SCMP_SYS(bind), SCMP_SYS(io_uring_setup), SCMP_SYS(open_by_handle_at)}) {
    if (::seccomp_rule_add(filter, SCMP_ACT_NOTIFY, call, 0) != 0) return -1;
  }
  if (::seccomp_load(filter) != 0) return -1;
  return ::seccomp_notify_fd(filter);
}

struct Handover {
  char byte = 0;
  iovec data{.iov_base = &byte, .iov_len = 1};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control{};

  msghdr Message() {
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    return message;
  }
};

bool Send(int socket, int fd) {
  Handover handover;
  msghdr message = handover.Message();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &fd, sizeof(fd));
  return ::sendmsg(socket, &message, 0) == 1;
}

[[noreturn]] void RunChild(int socket, const WatchRules& rules, const std::function<bool()>& body) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  TakeSignals();
  TakeLimits();
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int output : {STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, output);
  if (::chdir(rules.working_directory.c_str()) != 0) End(kExitNotWatched);
  const int notifications = Filter();
  if (notifications < 0 || !Send(socket, notifications)) End(kExitNotWatched);
  ::close(notifications);
  ::close(socket);
  End(body() ? kExitTook : kExitRefused);
  std::abort();
}

base::FileDescriptor Receive(int socket) {
  Handover handover;
  msghdr message = handover.Message();
  ::ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  const cmsghdr* const header = got == 1 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return base::FileDescriptor(-1);
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof(fd));
  return base::FileDescriptor(fd);
}

// A process that waits in a system call for our answer.
class StoppedProcess {
 public:
  explicit StoppedProcess(pid_t pid)
      : proc_("/proc/" + std::to_string(pid)),
        memory_(::open((proc_ / "mem").c_str(), O_RDONLY | O_CLOEXEC)) {}

  // The string at an address; empty if it can't be read.
  std::string Text(std::uint64_t address) const {
    std::string text(PATH_MAX, '\0');
    const ::ssize_t size =
        ::pread(memory_.get(), text.data(), text.size(), static_cast<off_t>(address));
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text.substr(0, text.find('\0'));
  }

  open_how How(std::uint64_t address) const {
    open_how how{};
    ::pread(memory_.get(), &how, sizeof(how), static_cast<off_t>(address));
    return how;
  }

  // A path as the process means it, without links and "..".
  fs::path Absolute(const fs::path& path, std::uint64_t directory) const {
    const int fd = static_cast<int>(directory);
    std::error_code error;
    const fs::path base = path.is_absolute() ? fs::path("/")
                          : fd == AT_FDCWD
                              ? fs::read_symlink(proc_ / "cwd", error)
                              : fs::read_symlink(proc_ / "fd" / std::to_string(fd), error);
    const fs::path whole = (base / path).lexically_normal();
    if (whole.parent_path() == "/proc/self/fd") {
      return fs::read_symlink(proc_ / "fd" / whole.filename(), error);
    }
    // The child's own, which resolving it here would turn into ours.
    if (LiesIn(whole, "/proc/self")) return whole;
    const fs::path canonical = fs::weakly_canonical(whole, error);
    return error ? whole : canonical;
  }

  std::uint64_t ResidentBytes() const {
    std::ifstream sizes(proc_ / "statm");
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    sizes >> total >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  }

 private:
  const fs::path proc_;
  const base::FileDescriptor memory_;
};

struct Open {
  std::uint64_t directory;
  std::uint64_t path;
  std::uint64_t flags;
};

// Empty for a call that opens no file.
std::optional<Open> OpenOf(const seccomp_data& call, const StoppedProcess& process) {
  const auto& args = call.args;
  const auto here = static_cast<std::uint64_t>(AT_FDCWD);
  switch (call.nr) {
    case SYS_open:
      return Open{.directory = here, .path = args[0], .flags = args[1]};
    case SYS_creat:
      return Open{.directory = here, .path = args[0], .flags = O_WRONLY | O_CREAT};
    case SYS_openat:
      return Open{.directory = args[0], .path = args[1], .flags = args[2]};
    case SYS_openat2:
      return Open{.directory = args[0], .path = args[1], .flags = process.How(args[2]).flags};
    default:
      return std::nullopt;
  }
}

OpenMode ModeOf(std::uint64_t flags) {
  const bool reads = (flags & O_ACCMODE) == O_RDONLY && (flags & (O_CREAT | O_TRUNC)) == 0;
  return reads ? OpenMode::kRead : OpenMode::kWrite;
}

class Watcher {
 public:
  Watcher(pid_t pid, base::FileDescriptor notifications, const WatchRules& rules)
      : pid_(pid), process_(pid), notifications_(std::move(notifications)), rules_(rules) {}

  Watched Watch() {
    const base::FileDescriptor ended(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    Require(ended.valid(), "a child can be waited for");
    const auto latest = Clock::now() + kLongest;
    while (true) {
      std::array<pollfd, 2> events = {
          {{.fd = ended.get(), .events = POLLIN, .revents = 0},
           {.fd = notifications_.get(), .events = POLLIN, .revents = 0}}};
      ::poll(events.data(), events.size(), kPollMs);
      if (events[0].revents != 0) return Reap();
      if ((events[1].revents & POLLIN) != 0) Answer();
      if (Clock::now() > latest || process_.ResidentBytes() > kMostBytes) return Stop();
    }
  }

 private:
  static constexpr int kPollMs = 50;

  Watched Stop() {
    ::kill(pid_, SIGKILL);
    Reap();
    watched_.ending = Ending::kStopped;
    return watched_;
  }

  Watched Reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : kExitCrashed;
    Require(code != kExitNotWatched, "a child is watched");
    if (code == kExitTouched) Breach("touched an address that the model chose");
    watched_.ending = code == kExitTook      ? Ending::kTook
                      : code == kExitRefused ? Ending::kRefused
                                             : Ending::kCrashed;
    return watched_;
  }

  void Answer() {
    seccomp_notif* call = nullptr;
    seccomp_notif_resp* answer = nullptr;
    Require(::seccomp_notify_alloc(&call, &answer) == 0, "there is memory for a notification");
    if (::seccomp_notify_receive(notifications_.get(), call) == 0) {
      const bool allowed = Allows(call->data);
      answer->id = call->id;
      answer->error = allowed ? 0 : -EPERM;
      answer->flags = allowed ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0U;
      // Fails if the child has ended meanwhile.
      ::seccomp_notify_respond(notifications_.get(), answer);
    }
    ::seccomp_notify_free(call, answer);
  }

  bool Allows(const seccomp_data& call) {
    const auto open = OpenOf(call, process_);
    if (!open) {
      Breach("made the system call " + std::to_string(call.nr));
      return false;
    }
    const std::string path = process_.Text(open->path);
    const fs::path file = process_.Absolute(path, open->directory);
    const OpenMode mode = ModeOf(open->flags);
    if (rules_.may_open(file, mode)) return true;
    Breach((mode == OpenMode::kRead ? "opened " : "opened to write ") + path + ", which is " +
           file.string());
    return false;
  }

  void Breach(std::string what) {
    if (watched_.breach.empty()) watched_.breach = std::move(what);
  }

  const pid_t pid_;
  const StoppedProcess process_;
  const base::FileDescriptor notifications_;
  const WatchRules& rules_;
  Watched watched_;
};

}  // namespace

void CheckWatch() {
  const WatchRules rules = {.working_directory = "/",
                            .may_open = [](const fs::path& file, OpenMode mode) {
                              return file == "/etc/passwd" && mode == OpenMode::kRead;
                            }};
  const auto ends = [&](const std::function<bool()>& body, Ending ending, std::string_view breach) {
    const Watched watched = RunWatched(rules, body);
    Require(watched.ending == ending, "the watch tells how a child ended");
    Require(watched.breach == breach, "the watch tells what a child did");
  };
  const auto opens = [](const char* path, int flags) {
    return [=] { return base::FileDescriptor(::open(path, flags)).valid(); };
  };
  ends([] { return true; }, Ending::kTook, "");
  ends([]() -> bool { std::abort(); }, Ending::kCrashed, "");
  ends(
      [] {
        void* const volatile freed = std::malloc(8);
        std::free(freed);
        std::free(freed);
        return true;
      },
      Ending::kCrashed, "");
  ends([] { return *reinterpret_cast<volatile char*>(8) == 0; }, Ending::kCrashed, "");
  ends([] { return *reinterpret_cast<volatile char*>(kForbiddenAddress + 8) == 0; },
       Ending::kCrashed, "touched an address that the model chose");
  ends(opens("etc/passwd", O_RDONLY), Ending::kTook, "");
  ends(opens("etc/../etc/passwd", O_RDONLY), Ending::kTook, "");
  ends(opens("etc/passwd", O_RDWR), Ending::kRefused,
       "opened to write etc/passwd, which is /etc/passwd");
  ends(opens("/proc/self/environ", O_RDONLY), Ending::kRefused,
       "opened /proc/self/environ, which is /proc/self/environ");
  ends([] { return ::socket(AF_INET, SOCK_STREAM, 0) >= 0; }, Ending::kRefused,
       "made the system call " + std::to_string(SYS_socket));
}

bool LiesIn(const fs::path& file, const fs::path& folder) {
  return std::ranges::mismatch(folder, file).in1 == folder.end();
}

void ReserveForbiddenAddress() {
  void* const wanted = reinterpret_cast<void*>(kForbiddenAddress);
  void* const got =
      ::mmap(wanted, kForbiddenBytes, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  Require(got == wanted, "the forbidden address is free");
}

Watched RunWatched(const WatchRules& rules, const std::function<bool()>& body) {
  std::array<int, 2> ends{};
  Require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0, "a socket pair");
  const base::FileDescriptor ours(ends[0]);
  base::FileDescriptor theirs(ends[1]);
  const pid_t pid = ::fork();
  Require(pid >= 0, "a process can be forked");
  if (pid == 0) RunChild(theirs.get(), rules, body);
  // Receive() then ends when the child does.
  theirs = base::FileDescriptor();
  base::FileDescriptor notifications = Receive(ours.get());
  Require(notifications.valid(), "the kernel lets a filter ask (seccomp user notification)");
  return Watcher(pid, std::move(notifications), rules).Watch();
}

}  // namespace namesake::fuzz

// Called by the sanitizer before a report. Writing one opens files and starts a program, which
// would count as the reader's doing.
extern "C" void __asan_on_error() {
  if (namesake::fuzz::g_is_child) namesake::fuzz::End(namesake::fuzz::kExitCrashed);
}
