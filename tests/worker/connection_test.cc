// The sockets between a host and its workers.
#include "protocol/connection.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <utility>
#include <vector>

namespace namesake::protocol {
namespace {

// A descriptor of /dev/null, which no other message brings.
base::FileDescriptor Null() {
  return base::FileDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

struct Ends {
  Connection host;
  Connection worker;
};

Ends NewEnds() {
  auto pair = Connection::MakePair().value();
  return {.host = Connection(std::move(pair.first), Side::kHost),
          .worker = Connection(std::move(pair.second), Side::kWorker)};
}

// What the host sends while the worker is busy arrives in few reads.
TEST(Connection, DescriptorsComeWithTheMessageThatBroughtThem) {
  Ends ends = NewEnds();
  const std::vector<std::byte> body(100);
  const auto send = [&](Kind kind, std::uint64_t call, std::span<const int> files) {
    ASSERT_TRUE(ends.host.Send(kind, call, body, files, Deadline::Never()));
  };
  const base::FileDescriptor one = Null();
  const base::FileDescriptor other = Null();
  const std::array two = {one.get(), other.get()};
  // More than one read takes.
  constexpr std::uint64_t kRounds = 40;
  for (std::uint64_t i = 0; i < kRounds; ++i) {
    send(Kind::kDrop, i, {});
    send(Kind::kOpenConnection, i, std::span(two).first(1));
    send(Kind::kDrop, i, {});
    send(Kind::kAddSlabs, i, two);
  }
  for (std::uint64_t i = 0; i < kRounds; ++i) {
    for (const auto& [kind, files] : {std::pair{Kind::kDrop, 0U},
                                      {Kind::kOpenConnection, 1U},
                                      {Kind::kDrop, 0U},
                                      {Kind::kAddSlabs, 2U}}) {
      const auto message = ends.worker.Receive(Deadline::Never());
      ASSERT_TRUE(message);
      EXPECT_EQ(message->kind, kind);
      EXPECT_EQ(message->call, i);
      EXPECT_EQ(message->files.size(), files) << i;
    }
  }
}

TEST(Connection, AHostTakesNoDescriptors) {
  Ends ends = NewEnds();
  const base::FileDescriptor one = Null();
  const std::array files = {one.get()};
  ASSERT_TRUE(ends.worker.Send(Kind::kDone, 1, {}, files, Deadline::Never()));
  const auto message = ends.host.Receive(Deadline::Never());
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error(), Broken::kFaulty);
}

}  // namespace
}  // namespace namesake::protocol
