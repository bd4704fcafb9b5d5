#include "protocol/connection.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/gate.h"
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

// How often a thread of this process has gone to sleep.
int SleepsOf(pid_t thread) {
  std::ifstream status("/proc/self/task/" + std::to_string(thread) + "/status");
  for (std::string line; std::getline(status, line);) {
    constexpr std::string_view kKey = "voluntary_ctxt_switches:";
    if (line.starts_with(kKey)) return std::stoi(line.substr(kKey.size()));
  }
  return -1;
}

// The system tells a sender when what it sent is read, which is when a worker begins to compute.
TEST_F(Connections, AHostSleepsUntilTheAnswerComes) {
  Send(Kind::kCompute, 1, {});
  std::atomic<pid_t> thread = 0;
  std::jthread waiting([&] {
    thread = ::gettid();
    EXPECT_TRUE(host_->Receive(Deadline::Never()));
  });
  // It has gone to sleep when it is there and the number stands still.
  int before = -1;
  EXPECT_TRUE(test::Eventually([&] {
    const int last = std::exchange(before, thread == 0 ? -1 : SleepsOf(thread));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return last > 0 && last == before;
  }));
  EXPECT_TRUE(worker_->Receive(Deadline::Never()));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(SleepsOf(thread), before);
  EXPECT_TRUE(worker_->Send(Kind::kComputed, 1, {}, {}, Deadline::Never()));
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
