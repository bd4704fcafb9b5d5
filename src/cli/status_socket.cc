#include "cli/status_socket.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <exception>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "namesake/deadline.h"

namespace namesake::cli {
namespace {

// Limits a single send, receive or connect, for a peer that does nothing.
constexpr ::timeval kPatience{.tv_sec = 2, .tv_usec = 0};
// Limits a whole answer.
constexpr std::chrono::seconds kLongest{5};
// Far beyond the status of a thousand workers.
constexpr std::size_t kMostBytes = std::size_t{16} << 20;

std::string NameBefore() { return fmt::format("namesake/{}/", ::geteuid()); }

struct Address {
  explicit Address(pid_t process) {
    const std::string name = NameBefore() + std::to_string(process);
    // An abstract name begins with a zero byte.
    std::memcpy(&address.sun_path[1], name.data(), name.size());
    bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  }

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }

  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  socklen_t bytes = 0;
};

// A connect waits for as long as a send may.
void SetPatience(int socket) {
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    ::setsockopt(socket, SOL_SOCKET, option, &kPatience, sizeof kPatience);
  }
}

base::FileDescriptor NewSocket() {
  base::FileDescriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  SetPatience(made.get());
  return made;
}

// Anybody can have any abstract name.
bool IsSameUser(int socket) {
  ::ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         peer.uid == ::geteuid();
}

void Send(int socket, std::string_view text) {
  SetPatience(socket);
  const Deadline until = Deadline::After(kLongest);
  while (!text.empty() && !until.passed()) {
    const ssize_t sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

Result<std::string> ReceiveAll(int socket) {
  const Deadline until = Deadline::After(kLongest);
  std::string text;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t count = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (count == 0) return text;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return base::Fail(ErrorCode::kRuntimeError, "it does not answer: {}",
                        base::SystemReason(errno));
    }
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > kMostBytes || until.passed()) {
      return base::Fail(ErrorCode::kRuntimeError, "its answer has no end");
    }
  }
}

std::optional<pid_t> ProcessOf(std::string_view line, std::string_view before) {
  const std::size_t at = line.rfind('@');
  if (at == std::string_view::npos || !line.substr(at + 1).starts_with(before)) return std::nullopt;
  const auto number = base::ParseDigits(line.substr(at + 1 + before.size()));
  if (!number || !std::in_range<pid_t>(*number)) return std::nullopt;
  return static_cast<pid_t>(*number);
}

}  // namespace

StatusSocket::StatusSocket(std::function<std::string()> status)
    : status_(std::move(status)), socket_(NewSocket()), end_(::eventfd(0, EFD_CLOEXEC)) {
  constexpr int kQueued = 8;
  const Address address(::getpid());
  if (!socket_.valid() || !end_.valid() ||
      ::bind(socket_.get(), address.get(), address.bytes) != 0 ||
      ::listen(socket_.get(), kQueued) != 0) {
    base::Log().debug("namesake workers can't see this process: {}", base::SystemReason(errno));
    return;
  }
  try {
    thread_ = std::thread([this] { Serve(); });
  } catch (const std::system_error& error) {
    base::Log().debug("namesake workers can't see this process: {}", error.what());
  }
}

StatusSocket::~StatusSocket() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  std::ignore = ::write(end_.get(), &one, sizeof one);
  thread_.join();
}

void StatusSocket::Answer(int asked) const {
  if (!IsSameUser(asked)) return;
  try {
    Send(asked, status_());
  } catch (const std::exception& error) {
    base::Log().debug("namesake workers gets no answer: {}", error.what());
  }
}

void StatusSocket::Serve() {
  constexpr int kPauseMs = 100;
  std::array<pollfd, 2> polled{{{.fd = socket_.get(), .events = POLLIN, .revents = 0},
                                {.fd = end_.get(), .events = POLLIN, .revents = 0}}};
  for (;;) {
    if (::poll(polled.data(), polled.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    if (polled[1].revents != 0) return;
    const base::FileDescriptor asked(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (asked.valid()) {
      Answer(asked.get());
    } else {
      // Without free descriptors the connection stays in the queue, and poll returns at once.
      ::poll(&polled[1], 1, kPauseMs);
    }
  }
}

std::vector<pid_t> ProcessesWithStatus() {
  std::vector<pid_t> processes;
  const std::string before = NameBefore();
  std::ifstream sockets("/proc/net/unix");
  for (std::string line; std::getline(sockets, line);) {
    if (const auto process = ProcessOf(line, before)) processes.push_back(*process);
  }
  // Each connection has a line of its own.
  std::ranges::sort(processes);
  const auto repeated = std::ranges::unique(processes);
  processes.erase(repeated.begin(), repeated.end());
  return processes;
}

Result<std::string> AskForStatus(pid_t process) {
  const base::FileDescriptor socket = NewSocket();
  const Address address(process);
  if (!socket.valid() || ::connect(socket.get(), address.get(), address.bytes) != 0) {
    return base::Fail(ErrorCode::kRuntimeError, "it can't be asked: {}", base::SystemReason(errno));
  }
  if (!IsSameUser(socket.get())) {
    return base::Fail(ErrorCode::kRuntimeError, "another user answers in its name");
  }
  return ReceiveAll(socket.get());
}

}  // namespace namesake::cli
