#include "backend_program/host_files.h"

#include <sched.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

// Everything here runs in the handler of a signal (virtual_files.h). It writes and reads messages
// as protocol/connection.cc does, but without memory of its own.
namespace namesake::backend_program {
namespace {

using protocol::Header;

thread_local HostFiles* caller = nullptr;

bool SendAll(int socket, const void* data, std::size_t size) noexcept {
  const auto* next = static_cast<const char*>(data);
  while (size > 0) {
    const ::ssize_t sent = ::send(socket, next, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    next += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

// Receives exactly `size` bytes, and the descriptor that comes with them, if any.
bool ReceiveAll(int socket, void* data, std::size_t size, int& file) noexcept {
  auto* next = static_cast<char*>(data);
  while (size > 0) {
    iovec part = {.iov_base = next, .iov_len = size};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room;
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = room.data();
    message.msg_controllen = room.size();
    const ::ssize_t received = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) return false;
    const cmsghdr* const control = CMSG_FIRSTHDR(&message);
    if (control != nullptr && control->cmsg_type == SCM_RIGHTS) {
      std::memcpy(&file, CMSG_DATA(control), sizeof file);
    }
    next += received;
    size -= static_cast<std::size_t>(received);
  }
  return true;
}

class CallersLibraries final : public LibraryOpener {
 public:
  int OpenLibrary(const char* path) noexcept override {
    return caller == nullptr ? -EACCES : caller->OpenLibrary(path);
  }
};

}  // namespace

int HostFiles::Ask(protocol::Kind kind, const void* body, std::size_t size) noexcept {
  while (busy_.test_and_set(std::memory_order_acquire)) ::sched_yield();
  const Header asked = {.length = static_cast<std::uint32_t>(size),
                        .kind = static_cast<std::uint16_t>(kind),
                        .call = call_};
  struct {
    Header header;
    std::uint64_t error_number;
  } answer{};
  int file = -1;
  const bool done = SendAll(socket_, &asked, sizeof asked) && SendAll(socket_, body, size) &&
                    ReceiveAll(socket_, &answer, sizeof answer, file);
  busy_.clear(std::memory_order_release);
  if (!done) return -EIO;
  if (file >= 0) return file;
  return answer.error_number == 0 ? -EIO : -static_cast<int>(answer.error_number);
}

int HostFiles::Open(std::size_t file) noexcept {
  const std::uint64_t index = file;
  return Ask(protocol::Kind::kOpenFile, &index, sizeof index);
}

int HostFiles::OpenLibrary(const char* path) noexcept {
  struct {
    std::uint64_t length;
    std::array<char, PATH_MAX> text;
  } body;
  body.length = std::strlen(path);
  if (body.length > body.text.size()) return -ENAMETOOLONG;
  std::memcpy(body.text.data(), path, body.length);
  return Ask(protocol::Kind::kOpenLibrary, &body, sizeof body.length + body.length);
}

LibraryCalls::LibraryCalls(HostFiles& files) { caller = &files; }
LibraryCalls::~LibraryCalls() { caller = nullptr; }

LibraryOpener& ByCaller() {
  static CallersLibraries libraries;
  return libraries;
}

}  // namespace namesake::backend_program
