// Sends a host any bytes, as a worker might: in any pieces, on a connection that then ends. No
// crash, no read beyond what came, no more memory than a few times that, and messages that say the
// same once they are written and read again.
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "namesake/error.h"
#include "protocol/connection.h"
#include "protocol/messages.h"
#include "require.h"

namespace namesake::protocol {
namespace {

using fuzz::Require;
using Bytes = std::span<const std::byte>;

// In a block of its exact size, so that the sanitizer finds a read beyond the end.
std::vector<std::byte> Copy(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

template <typename T>
void TakeAs(Bytes body) {
  const std::vector<std::byte> exact = Copy(body);
  const auto value = Read<T>(exact);
  if (!value) return;
  Writer once;
  Put(*value, once);
  const auto again = Read<T>(once.bytes());
  Require(again.has_value(), "what was written is read");
  Writer twice;
  Put(*again, twice);
  Require(std::ranges::equal(once.bytes(), twice.bytes()), "a message stays the same");
}

void TakeAsError(Bytes body) {
  const std::vector<std::byte> exact = Copy(body);
  Reader reader(exact);
  const Error error = TakeError(reader);
  const ErrorCode code = error.code();
  Require(code != ErrorCode::kNotFound && code != ErrorCode::kInternal &&
              code != ErrorCode::kBusy && code != ErrorCode::kMissingMemory,
          "no error of a worker's looks like the host's");
  // Each byte may become \xNN.
  constexpr std::size_t kMostText = 4 * 4096;
  Require(error.message().size() <= kMostText && error.detail().size() <= kMostText,
          "an error's text is limited");
  const auto is_visible = [](char byte) { return static_cast<unsigned char>(byte) >= 0x20; };
  Require(std::ranges::all_of(error.message(), is_visible), "a text has no control characters");
  Require(std::ranges::all_of(error.detail(), is_visible), "a detail has no control characters");
}

void TakeAsAll(Bytes body) {
  TakeAs<Prepare>(body);
  TakeAs<Start>(body);
  TakeAs<Started>(body);
  TakeAs<ModelHead>(body);
  TakeAs<Load>(body);
  TakeAs<Loaded>(body);
  TakeAs<Compute>(body);
  TakeAs<std::vector<ComputedOutput>>(body);
  TakeAs<std::vector<Slab>>(body);
  TakeAs<std::vector<Drop>>(body);
  TakeAs<ReadOutput>(body);
  TakeAs<Ended>(body);
  TakeAs<FormIdentity>(body);
  TakeAs<std::vector<OptionProblem>>(body);
  TakeAs<std::vector<Device>>(body);
  TakeAsError(body);
}

// Receives until nothing more can come. Returns the bytes of all messages.
std::size_t ReceiveAll(Connection& host) {
  std::size_t received = 0;
  for (;;) {
    const auto message = host.Receive(Deadline::After(std::chrono::nanoseconds(0)));
    if (!message) return received;
    Require(message->files.empty(), "a host takes no descriptors");
    Require(message->body.size() <= Connection::kMostBytes, "a message is limited");
    received += message->body.size();
    TakeAsAll(message->body);
    host.Trim();
  }
}

void Send(int socket, Bytes bytes) {
  if (bytes.empty()) return;
  static_cast<void>(::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

// `split` bytes first, then the rest: a message that has begun goes on when more comes.
void Converse(Bytes bytes, std::size_t split) {
  auto ends = Connection::MakePair();
  Require(ends.has_value(), "there are sockets");
  std::size_t received = 0;
  {
    const base::FileDescriptor worker = std::move(ends->second);
    Connection host(std::move(ends->first), Side::kHost);
    Send(worker.get(), bytes.first(split));
    received += ReceiveAll(host);
    Send(worker.get(), bytes.subspan(split));
    received += ReceiveAll(host);
  }
  Require(received <= bytes.size(), "no more is received than was sent");
}

}  // namespace
}  // namespace namesake::protocol

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace namesake::protocol;
  if (size == 0) return 0;
  const std::span bytes = std::as_bytes(std::span(data, size));
  TakeAsAll(bytes.subspan(1));
  // Sockets hold at least this much, so nothing is lost on its way.
  constexpr std::size_t kMost = 1 << 15;
  const auto sent = bytes.subspan(1, std::min(size - 1, kMost));
  Converse(sent, std::min<std::size_t>(data[0], sent.size()));
  return 0;
}
