#include "protocol/connection.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <iterator>

#include "base/fail.h"

namespace namesake::protocol {
namespace {

// How long a message may take from its first byte to its last. Its sender writes it at once, so
// this is only for one that stops in the middle.
constexpr std::chrono::seconds kMessageTime{10};
// Enough for nearly all messages, so that one call of the system receives them whole.
constexpr std::size_t kUsualBytes = 4096;
constexpr std::size_t kStepBytes = std::size_t{64} << 10;

struct FilesRoom {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * Connection::kMostFiles)> bytes;
};

void Attach(std::span<const int> files, FilesRoom& room, msghdr& message) {
  if (files.empty()) return;
  message.msg_control = room.bytes.data();
  message.msg_controllen = CMSG_SPACE(files.size_bytes());
  cmsghdr* const control = CMSG_FIRSTHDR(&message);
  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN(files.size_bytes());
  std::memcpy(CMSG_DATA(control), files.data(), files.size_bytes());
}

void Detach(msghdr& message, std::deque<base::FileDescriptor>& files) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr;
       control = CMSG_NXTHDR(&message, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(control) + i * sizeof fd, sizeof fd);
      files.emplace_back(fd);
    }
  }
}

timespec Until(Deadline deadline) {
  using namespace std::chrono;
  const auto left = std::max(*deadline.when() - Deadline::Clock::now(), nanoseconds(0));
  const auto whole = duration_cast<seconds>(left);
  return {.tv_sec = whole.count(), .tv_nsec = duration_cast<nanoseconds>(left - whole).count()};
}

}  // namespace

Result<std::pair<base::FileDescriptor, base::FileDescriptor>> Connection::MakePair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return base::Fail(ErrorCode::kRuntimeError, "can't connect to a worker: {}",
                      base::SystemWording(errno));
  }
  return std::pair(base::FileDescriptor(ends[0]), base::FileDescriptor(ends[1]));
}

Received<void> Connection::Await(short events, Deadline deadline) const {
  pollfd polled = {.fd = socket_.get(), .events = events, .revents = 0};
  for (;;) {
    const timespec time = deadline.never() ? timespec{} : Until(deadline);
    const int ready = ::ppoll(&polled, 1, deadline.never() ? nullptr : &time, nullptr);
    if (ready > 0) return {};
    if (ready == 0) return std::unexpected(Broken::kTimeout);
    if (errno != EINTR) return std::unexpected(Broken::kClosed);
  }
}

Received<void> Connection::Send(Kind kind, std::uint64_t call, std::span<const std::byte> body,
                                std::span<const int> files, Deadline deadline) {
  Header header = {.length = static_cast<std::uint32_t>(body.size()),
                   .kind = static_cast<std::uint16_t>(kind),
                   .files = static_cast<std::uint16_t>(files.size()),
                   .call = call};
  const std::size_t size = sizeof header + body.size();
  std::size_t sent = 0;
  FilesRoom room;
  while (sent < size) {
    std::array<iovec, 2> parts = {};
    std::size_t count = 0;
    if (sent < sizeof header) {
      parts[count++] = {.iov_base = reinterpret_cast<std::byte*>(&header) + sent,
                        .iov_len = sizeof header - sent};
    }
    const std::size_t of_body = sent < sizeof header ? 0 : sent - sizeof header;
    if (of_body < body.size()) {
      parts[count++] = {.iov_base = const_cast<std::byte*>(body.data() + of_body),
                        .iov_len = body.size() - of_body};
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    if (sent == 0) Attach(files, room, message);
    const ::ssize_t now = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (now > 0) {
      if (sent == 0) deadline = Deadline::Earlier(deadline, Deadline::After(kMessageTime));
      sent += static_cast<std::size_t>(now);
      continue;
    }
    if (now < 0 && errno == EINTR) continue;
    if (now < 0 && errno != EAGAIN) return std::unexpected(Broken::kClosed);
    if (auto ready = Await(POLLOUT, deadline); !ready) {
      const bool is_torn = sent > 0 && ready.error() == Broken::kTimeout;
      return is_torn ? std::unexpected(Broken::kFaulty) : ready;
    }
  }
  return {};
}

Received<void> Connection::TrySend(Kind kind, std::uint64_t call, std::span<const std::byte> body,
                                   std::span<const int> files) {
  auto sent = Send(kind, call, body, files, Deadline::After(std::chrono::seconds(0)));
  if (sent || sent.error() != Broken::kFaulty) return sent;
  // The kernel sends a message of this size in one piece or not at all.
  ::shutdown(socket_.get(), SHUT_RDWR);
  return std::unexpected(Broken::kClosed);
}

Received<void> Connection::AwaitRoom(Deadline deadline) const { return Await(POLLOUT, deadline); }

bool Connection::AllReceived() const {
  int left = 0;
  return ::ioctl(socket_.get(), SIOCOUTQ, &left) == 0 && left == 0;
}

void Connection::Trim() noexcept {
  if (HasMore() || buffer_.size() <= kStepBytes) return;
  begin_ = filled_ = 0;
  buffer_ = {};
}

// Receives until `wanted` bytes from begin_ on are there.
Received<void> Connection::Fill(std::size_t wanted, Deadline deadline) {
  while (filled_ - begin_ < wanted) {
    // Memory is taken as bytes arrive, not as a message promises them.
    const std::size_t missing = begin_ + wanted - filled_;
    const std::size_t room = filled_ + std::min(std::max(missing, kUsualBytes), kStepBytes);
    if (buffer_.size() < room) buffer_.resize(room);
    iovec part = {.iov_base = buffer_.data() + filled_, .iov_len = buffer_.size() - filled_};
    FilesRoom files_room;
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (side_ == Side::kWorker) {
      message.msg_control = files_room.bytes.data();
      message.msg_controllen = files_room.bytes.size();
    }
    if (filled_ > begin_ && whole_by_.never()) whole_by_ = Deadline::After(kMessageTime);
    const Deadline until = Deadline::Earlier(deadline, whole_by_);
    // The host waits in poll, since the kernel also wakes a receiver when the other side has read
    // what it sent, and that would be in the middle of the call. With a deadline, the wait is
    // always poll's.
    const bool polls = side_ == Side::kHost;
    if (polls && filled_ == begin_) {
      if (auto ready = Await(POLLIN, until); !ready) return ready;
    }
    const int flags = MSG_CMSG_CLOEXEC | (polls || !until.never() ? MSG_DONTWAIT : 0);
    const ::ssize_t now = ::recvmsg(socket_.get(), &message, flags);
    if (now > 0) {
      if (side_ == Side::kWorker) Detach(message, files_);
      if ((message.msg_flags & MSG_CTRUNC) != 0) return std::unexpected(Broken::kFaulty);
      filled_ += static_cast<std::size_t>(now);
      continue;
    }
    if (now == 0) return std::unexpected(Broken::kClosed);
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return std::unexpected(Broken::kClosed);
    if (auto ready = Await(POLLIN, until); !ready) {
      const bool is_torn = ready.error() == Broken::kTimeout && whole_by_.passed();
      return is_torn ? std::unexpected(Broken::kFaulty) : ready;
    }
  }
  return {};
}

Received<Message> Connection::Receive(Deadline deadline) {
  if (begin_ == filled_) begin_ = filled_ = 0;
  if (auto filled = Fill(sizeof(Header), deadline); !filled) {
    return std::unexpected(filled.error());
  }
  Header header{};
  std::memcpy(&header, buffer_.data() + begin_, sizeof header);
  const std::size_t most_files = side_ == Side::kWorker ? kMostFiles : 0;
  if (header.length > kMostBytes || header.kind >= kKindCount || header.files > most_files) {
    return std::unexpected(Broken::kFaulty);
  }
  const std::size_t size = sizeof header + header.length;
  if (auto filled = Fill(size, deadline); !filled) return std::unexpected(filled.error());
  Message message = {.kind = static_cast<Kind>(header.kind),
                     .call = header.call,
                     .body = std::span(buffer_).subspan(begin_ + sizeof header, header.length),
                     .files = {}};
  // They come with the first byte of their message.
  if (header.files > files_.size()) return std::unexpected(Broken::kFaulty);
  const auto end = files_.begin() + header.files;
  message.files.assign(std::move_iterator(files_.begin()), std::move_iterator(end));
  files_.erase(files_.begin(), end);
  whole_by_ = Deadline::Never();
  begin_ += size;
  return message;
}

}  // namespace namesake::protocol
