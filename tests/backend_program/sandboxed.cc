#include "backend_program/sandboxed.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ostream>
#include <thread>

#include "base/file.h"

namespace namesake::backend_program {
namespace {

struct Question {
  char kind = 'f';
  std::size_t file = 0;
  std::array<char, 512> path{};
};

struct Ends {
  base::FileDescriptor ours;
  base::FileDescriptor theirs;
};

Ends MakeSockets() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) std::abort();
  return {base::FileDescriptor(ends[0]), base::FileDescriptor(ends[1])};
}

// Sends a number, and a descriptor unless it is -1.
void SendAnswer(int socket, int number, int fd) {
  struct iovec part{.iov_base = &number, .iov_len = sizeof number};
  alignas(struct cmsghdr) std::array<char, CMSG_SPACE(sizeof fd)> control{};
  struct msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    struct cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

// Returns the descriptor, or the number where none comes.
int ReceiveAnswer(int socket) {
  int number = 0;
  struct iovec part{.iov_base = &number, .iov_len = sizeof number};
  alignas(struct cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  struct msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC) <= 0) return -EIO;
  const struct cmsghdr* const header = CMSG_FIRSTHDR(&message);
  if (header == nullptr) return number;
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

void Serve(int socket, const ServedFiles& served) {
  Question question;
  while (::recv(socket, &question, sizeof question, 0) == sizeof question) {
    const auto path = question.kind == 'f' ? served.files.at(question.file)
                                           : served.library_folder / question.path.data();
    const base::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    SendAnswer(socket, file.valid() ? 0 : -errno, file.get());
  }
}

std::string ReadToEnd(int fd) {
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t got = 0; (got = ::read(fd, part.data(), part.size())) > 0;) {
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  return text;
}

Ended WaitFor(pid_t pid, std::string report) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (WIFSIGNALED(status)) return {.signal = WTERMSIG(status), .report = std::move(report)};
  return {.exit_code = WEXITSTATUS(status), .report = std::move(report)};
}

[[noreturn]] void RunChild(int socket, int report, const std::function<void(Child&)>& body) {
  Child child(socket, report);
  try {
    body(child);
  } catch (const std::exception& error) {
    child.Report(error.what());
    ::_exit(3);
  }
  ::_exit(0);
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const Ended& ended) {
  return stream << "exit code " << ended.exit_code << ", signal " << ended.signal << ", report \""
                << ended.report << '"';
}

Ended Reported(std::string_view report) { return {.exit_code = 0, .report = std::string(report)}; }
Ended KilledBy(int signal) { return {.signal = signal, .report = ""}; }

int Child::Ask(char kind, std::size_t file, const char* path) noexcept {
  Question question{.kind = kind, .file = file};
  if (std::strlen(path) >= question.path.size()) return -ENAMETOOLONG;
  std::ranges::copy(std::string_view(path), question.path.begin());
  const std::scoped_lock lock(mutex_);
  if (::send(socket_, &question, sizeof question, MSG_NOSIGNAL) != sizeof question) return -EIO;
  return ReceiveAnswer(socket_);
}

int Child::Open(std::size_t file) noexcept { return Ask('f', file, ""); }
int Child::OpenLibrary(const char* path) noexcept { return Ask('l', 0, path); }

void Child::Report(std::string_view text) const {
  base::WriteAll(report_, std::as_bytes(std::span(text)));
}

void Child::ReportOutcome(bool success) const {
  const int error = errno;
  Report(success ? "done" : ::strerrorname_np(error));
}

void Child::Abandon(std::string_view reason) const {
  Report(reason);
  ::_exit(2);
}

ConfineOptions LooseOptions() {
  return {.parent = ::getppid(), .readable = {}, .max_open_files = 256, .max_file_bytes = 1U << 30};
}

Result<void> LockSystemCalls(const LockOptions& options) {
  auto lock = SystemCallLock::Make(options);
  if (!lock) return std::unexpected(std::move(lock).error());
  return lock->Close();
}

void Child::EnterSandbox() {
  Must(Confine(LooseOptions()));
  Must(LockSystemCalls({}));
}

Ended RunInChild(const std::function<void(Child&)>& body, const ServedFiles& served) {
  auto [ours, theirs] = MakeSockets();
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) std::abort();
  base::FileDescriptor read(pipe[0]);
  base::FileDescriptor write(pipe[1]);
  const pid_t pid = ::fork();
  if (pid < 0) std::abort();
  if (pid == 0) RunChild(theirs.get(), write.get(), body);
  theirs = base::FileDescriptor();
  write = base::FileDescriptor();
  std::jthread server([&, socket = ours.get()] { Serve(socket, served); });
  std::string report = ReadToEnd(read.get());
  return WaitFor(pid, std::move(report));
}

Ended RunInSandbox(const std::function<void(Child&)>& body, const ServedFiles& served) {
  return RunInChild(
      [&](Child& child) {
        child.EnterSandbox();
        body(child);
      },
      served);
}

}  // namespace namesake::backend_program
