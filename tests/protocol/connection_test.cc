#include "protocol/connection.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "support/matchers.h"

namespace namesake::protocol {
namespace {

class Connections : public testing::Test {
 protected:
  void SetUp() override {
    auto ends = Connection::MakePair();
    ASSERT_THAT(ends, test::IsOk());
    host_.emplace(std::move(ends->first), Side::kHost);
    worker_.emplace(std::move(ends->second), Side::kWorker);
  }

  static base::FileDescriptor Open(const char* path) {
    return base::FileDescriptor(::open(path, O_RDONLY | O_CLOEXEC));
  }
  static ino_t InodeOf(int file) {
    struct stat status{};
    EXPECT_EQ(::fstat(file, &status), 0);
    return status.st_ino;
  }
  void Send(Kind kind, std::uint64_t call, std::span<const int> files, std::size_t body = 3) {
    const std::vector<std::byte> bytes(body, std::byte{7});
    ASSERT_TRUE(host_->Send(kind, call, bytes, files, Deadline::Never()));
  }

  std::optional<Connection> host_;
  std::optional<Connection> worker_;
};

TEST_F(Connections, MessagesThatComeAtOnceKeepTheirDescriptors) {
  const base::FileDescriptor null = Open("/dev/null");
  const base::FileDescriptor zero = Open("/dev/zero");
  const std::array<int, 1> one = {null.get()};
  const std::array<int, 2> two = {zero.get(), null.get()};
  Send(Kind::kDrop, 1, {});
  Send(Kind::kOpenConnection, 2, one);
  Send(Kind::kDrop, 3, {});
  Send(Kind::kOpenConnection, 4, two);
  Send(Kind::kDrop, 5, {});
  std::vector<ino_t> received;
  for (std::uint64_t call = 1; call <= 5; ++call) {
    SCOPED_TRACE(call);
    const auto message = worker_->Receive(Deadline::Never());
    ASSERT_TRUE(message);
    EXPECT_EQ(message->call, call);
    EXPECT_EQ(message->body.size(), 3U);
    ASSERT_EQ(message->files.size(), call == 4 ? 2U : call == 2 ? 1U : 0U);
    for (const base::FileDescriptor& file : message->files) received.push_back(InodeOf(file.get()));
  }
  EXPECT_FALSE(worker_->HasMore());
  EXPECT_EQ(received, (std::vector{InodeOf(null.get()), InodeOf(zero.get()), InodeOf(null.get())}));
}

TEST_F(Connections, AMessageWithoutItsDescriptorsIsFaulty) {
  const Header header = {.kind = static_cast<std::uint16_t>(Kind::kDrop), .files = 1};
  const auto bytes = std::as_bytes(std::span(&header, 1));
  ASSERT_EQ(::write(host_->descriptor(), bytes.data(), bytes.size()),
            static_cast<ssize_t>(bytes.size()));
  const auto message = worker_->Receive(Deadline::Never());
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error(), Broken::kFaulty);
}

TEST_F(Connections, AHostTakesNoDescriptors) {
  const base::FileDescriptor null = Open("/dev/null");
  const std::array<int, 1> files = {null.get()};
  ASSERT_TRUE(worker_->Send(Kind::kDone, 1, {}, files, Deadline::Never()));
  const auto message = host_->Receive(Deadline::Never());
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error(), Broken::kFaulty);
}

}  // namespace
}  // namespace namesake::protocol
