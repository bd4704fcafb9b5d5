// A connected stream socket that carries messages, and descriptors with them.
#ifndef NAMESAKE_PROTOCOL_CONNECTION_H_
#define NAMESAKE_PROTOCOL_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/file.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "protocol/messages.h"

namespace namesake::protocol {

// One message as it was received. `body` is valid until the connection's next call.
struct Message {
  Kind kind{};
  // A call's number, which its answer repeats.
  std::uint64_t call = 0;
  std::span<const std::byte> body{};
  std::vector<base::FileDescriptor> files{};
};

// Why nothing was received or sent.
enum class Broken : std::uint8_t {
  kTimeout,  // The deadline passed; the connection can be used further.
  kClosed,   // The other side has closed it, or has ended.
  kFaulty,   // What came is not a message, or a message stopped in its middle.
};

template <typename T>
using Received = std::expected<T, Broken>;

// Precedes each message's body.
struct Header {
  std::uint32_t length = 0;  // Of the body, in bytes.
  std::uint32_t kind = 0;
  std::uint64_t call = 0;
};

// Which side this is. A host takes no descriptors.
enum class Side : std::uint8_t { kHost, kWorker };

// One thread at a time.
class Connection {
 public:
  // A message's body has at most this many bytes.
  static constexpr std::size_t kMostBytes = std::size_t{16} << 20;
  // A message brings at most this many descriptors.
  static constexpr std::size_t kMostFiles = 64;

  Connection(base::FileDescriptor socket, Side side) : socket_(std::move(socket)), side_(side) {}

  // Makes two connected sockets. Errors: runtime_error.
  static Result<std::pair<base::FileDescriptor, base::FileDescriptor>> MakePair();

  // Sends a whole message. Blocks while the other side does not read, at most until the deadline
  // and, once a part is sent, at most as long as a message may take. A message that was sent in
  // part is kFaulty: the connection is of no further use.
  Received<void> Send(Kind kind, std::uint64_t call, std::span<const std::byte> body,
                      std::span<const int> files, Deadline deadline);
  // Sends a small message if that needs no wait, all of it or nothing; kTimeout if it does need
  // one.
  Received<void> TrySend(Kind kind, std::uint64_t call, std::span<const std::byte> body,
                         std::span<const int> files);
  // Waits until there is room for messages. Safe beside all other functions.
  Received<void> AwaitRoom(Deadline deadline) const;
  // Whether the other side has received everything that was sent.
  bool AllReceived() const;

  // Receives the next message. One that has begun must be there within a time of its own; if the
  // deadline passes before that, the next call goes on with it.
  Received<Message> Receive(Deadline deadline);

  // Whether more was received than the messages that `Receive` returned.
  bool HasMore() const { return filled_ > begin_; }

  // Gives back memory that only a large message needs. Ends the last message.
  void Trim() noexcept;

  int descriptor() const { return socket_.get(); }

 private:
  Received<void> Fill(std::size_t wanted, Deadline deadline);
  std::vector<base::FileDescriptor> TakeFiles(std::size_t end);
  Received<void> Await(short events, Deadline deadline) const;

  base::FileDescriptor socket_;
  Side side_;
  std::vector<std::byte> buffer_;
  // The bytes received and not returned yet are those from begin_ to filled_.
  std::size_t begin_ = 0;
  std::size_t filled_ = 0;
  // Descriptors received and not returned yet. The kernel ends a read within or after the piece
  // that brings some, so they belong to the message that has the last byte before `end`.
  struct Files {
    std::size_t end = 0;
    std::vector<base::FileDescriptor> files{};
  };
  std::vector<Files> files_;
  // The time by which the message that has begun must be complete.
  Deadline whole_by_ = Deadline::Never();
};

}  // namespace namesake::protocol

#endif  // NAMESAKE_PROTOCOL_CONNECTION_H_
