// The queue of inferences where threads are limited.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "limits/compute_queue.h"
#include "limits/queue_support.h"
#include "support/matchers.h"

namespace namesake {
namespace {

using namespace std::chrono_literals;
using test::Fails;
using test::IsOk;
using test::kTimedOut;
using test::Lane;
using test::Passed;
using test::Patient;
using test::Permit;

// Nothing runs here for so long that it leaves its threads.
std::shared_ptr<limits::ComputeQueue> Threads(std::uint64_t count) {
  return limits::ComputeQueue::Make({.max_threads = count, .long_run = 1h});
}

// A clock that the test moves.
std::atomic<std::int64_t> moved_ns = 0;
Deadline::Clock::time_point MovedNow() {
  return Deadline::Clock::time_point(std::chrono::nanoseconds(moved_ns));
}
std::shared_ptr<limits::ComputeQueue> Timed(std::uint64_t threads) {
  return limits::ComputeQueue::Make({.max_threads = threads, .long_run = 1h, .now = MovedNow});
}
// An inference of that time.
void Use(Lane& lane, std::chrono::nanoseconds time, std::uint64_t threads = 1) {
  const auto permit = lane.Enter(Passed(), threads);
  ASSERT_THAT(permit, IsOk());
  moved_ns += time.count();
}

class Waiting {
 public:
  Waiting(const std::shared_ptr<Lane>& lane, std::uint64_t threads) {
    const std::uint64_t waiting = lane->counts().waiting;
    entered_ =
        std::async(std::launch::async, [lane, threads] { return lane->Enter(Patient(), threads); });
    while (lane->counts().waiting == waiting) std::this_thread::yield();
  }

  bool waits() const { return entered_.wait_for(0s) != std::future_status::ready; }
  Permit Get() {
    auto permit = entered_.get();
    EXPECT_THAT(permit, IsOk());
    return *std::move(permit);
  }

 private:
  std::future<Result<Permit>> entered_;
};

TEST(ComputeThreads, AreSharedByAllLanes) {
  const auto queue = Threads(4);
  const auto a = queue->NewLane("a", {});
  const auto b = queue->NewLane("b", {});
  auto first = a->Enter(Passed(), 3);
  ASSERT_THAT(first, IsOk());
  const auto second = b->Enter(Passed());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(queue->counts(), (limits::QueueCounts{.running = 2, .waiting = 0, .threads = 4}));
  EXPECT_THAT(b->Enter(Passed()), Fails(ErrorCode::kTimeout, kTimedOut));
  {
    const Permit ended = *std::move(first);
  }
  EXPECT_EQ(queue->counts(), (limits::QueueCounts{.running = 1, .waiting = 0, .threads = 1}));
  EXPECT_THAT(a->Enter(Passed(), 3), IsOk());
}

TEST(ComputeThreads, OneThatNeedsMoreThanThereAreRunsAlone) {
  const auto queue = Threads(2);
  const auto lane = queue->NewLane("a", {});
  {
    const auto large = lane->Enter(Passed(), 16);
    ASSERT_THAT(large, IsOk());
    EXPECT_THAT(lane->Enter(Passed()), Fails(ErrorCode::kTimeout, kTimedOut));
  }
  const auto small = lane->Enter(Passed());
  ASSERT_THAT(small, IsOk());
  EXPECT_THAT(lane->Enter(Passed(), 16), Fails(ErrorCode::kTimeout, kTimedOut));
}

TEST(ComputeThreads, NoneCountsAsOne) {
  const auto queue = Threads(1);
  const auto lane = queue->NewLane("a", {});
  const auto permit = lane->Enter(Passed(), 0);
  ASSERT_THAT(permit, IsOk());
  EXPECT_EQ(queue->counts().threads, 1U);
}

// Otherwise those that need few threads would keep one that needs many from ever running.
TEST(ComputeThreads, NobodyOvertakesOneThatWaitsForMore) {
  const auto queue = Timed(4);
  const auto a = queue->NewLane("a", {});
  const auto b = queue->NewLane("b", {});
  Use(*b, 1ms);
  auto first = a->Enter(Passed(), 2);
  ASSERT_THAT(first, IsOk());
  Waiting large(a, 4);
  EXPECT_THAT(b->Enter(Passed()), Fails(ErrorCode::kTimeout, kTimedOut));
  Waiting small(b, 1);
  {
    const Permit ended = *std::move(first);
  }
  {
    const Permit runs = large.Get();
    EXPECT_TRUE(small.waits());
  }
  small.Get();
}

// A lane that may not run is no reason for others to wait.
TEST(ComputeThreads, ALaneAtItsOwnLimitKeepsNobodyWaiting) {
  const auto queue = Threads(4);
  const auto a = queue->NewLane("a", {.max_running = 1});
  const auto b = queue->NewLane("b", {});
  const auto first = a->Enter(Passed());
  ASSERT_THAT(first, IsOk());
  Waiting second(a, 4);
  EXPECT_THAT(b->Enter(Passed(), 3), IsOk());
  EXPECT_TRUE(second.waits());
}

// However many inferences a tenant has waiting, and however long they are, another one's short ones
// come first.
TEST(ComputeThreads, ATurnIsThatOfTheLaneWithTheLeastTime) {
  const auto queue = Timed(1);
  const auto hostile = queue->NewLane("hostile", {});
  const auto other = queue->NewLane("other", {});
  Use(*hostile, 10ms);
  Use(*other, 1ms);
  auto running = hostile->Enter(Passed());
  ASSERT_THAT(running, IsOk());
  Waiting more(hostile, 1);
  Waiting first(other, 1);
  {
    const Permit ended = *std::move(running);
  }
  for (int i = 0; i < 8; ++i) {
    Waiting next(other, 1);
    {
      const Permit runs = first.Get();
      EXPECT_TRUE(more.waits());
      moved_ns += 1'000'000;
    }
    first = std::move(next);
  }
  // It has had 9 ms by now.
  {
    const Permit runs = first.Get();
    moved_ns += 5'000'000;
  }
  more.Get();
}

// The time counts by threads, and no more of them than there are.
TEST(ComputeThreads, AWideInferenceWeighsByItsThreads) {
  const auto queue = Timed(4);
  const auto wide = queue->NewLane("wide", {});
  const auto narrow = queue->NewLane("narrow", {});
  Use(*wide, 1ms, 4096);
  Use(*narrow, 3ms);
  auto running = wide->Enter(Passed(), 4);
  ASSERT_THAT(running, IsOk());
  Waiting again(wide, 4);
  Waiting other(narrow, 1);
  {
    const Permit ended = *std::move(running);
  }
  other.Get();
  again.Get();
}

// A tenant that was idle for long does not keep the others out for as long.
TEST(ComputeThreads, ALaneThatDidNothingHasLittleToGetBack) {
  const auto queue = Timed(1);
  const auto busy = queue->NewLane("busy", {});
  const auto idle = queue->NewLane("idle", {});
  Use(*busy, 1h);
  Use(*idle, 150ms);
  auto running = busy->Enter(Passed());
  ASSERT_THAT(running, IsOk());
  Waiting late(idle, 1);
  Waiting next(busy, 1);
  {
    const Permit ended = *std::move(running);
  }
  {
    const Permit runs = next.Get();
    EXPECT_TRUE(late.waits());
  }
  late.Get();
}

TEST(ComputeThreads, OneThatGivesUpLetsThoseBehindItRun) {
  const auto queue = Timed(4);
  const auto a = queue->NewLane("a", {});
  const auto b = queue->NewLane("b", {});
  Use(*b, 1ms);
  const auto first = a->Enter(Passed(), 2);
  ASSERT_THAT(first, IsOk());
  auto large = std::async(std::launch::async,
                          [&] { return a->Enter(Deadline::After(200ms), 4).has_value(); });
  while (a->counts().waiting == 0) std::this_thread::yield();
  Waiting small(b, 1);
  EXPECT_FALSE(large.get());
  small.Get();
}

TEST(ComputeThreads, AreLeftToThoseWhoWaitByWhatHasRunForLong) {
  const auto queue = limits::ComputeQueue::Make({.max_threads = 2, .long_run = 1ms});
  const auto hostile = queue->NewLane("hostile", {});
  const auto other = queue->NewLane("other", {});
  std::vector<Permit> endless;
  for (int i = 0; i < 20; ++i) {
    auto permit = hostile->Enter(Patient(), 2);
    ASSERT_THAT(permit, IsOk());
    endless.push_back(*std::move(permit));
  }
  auto permit = other->Enter(Patient());
  ASSERT_THAT(permit, IsOk());
  EXPECT_EQ(queue->counts().running, 21U);
  EXPECT_LE(queue->counts().threads, 2U);
  // Their ends give back nothing that they have not.
  endless.clear();
  EXPECT_EQ(queue->counts().running, 1U);
  EXPECT_LE(queue->counts().threads, 1U);
  {
    const Permit ended = *std::move(permit);
  }
  EXPECT_EQ(queue->counts(), limits::QueueCounts());
}

// Nothing leaves its threads while nobody waits for them.
TEST(ComputeThreads, AreKeptWhileNobodyWaits) {
  const auto queue = limits::ComputeQueue::Make({.max_threads = 2, .long_run = 1ns});
  const auto lane = queue->NewLane("a", {});
  const auto permit = lane->Enter(Passed(), 2);
  ASSERT_THAT(permit, IsOk());
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(queue->counts().threads, 2U);
}

TEST(ComputeThreads, NeverAreMoreThanThereAre) {
  constexpr std::uint64_t kThreads = 4;
  const auto queue = Threads(kThreads);
  std::vector<std::shared_ptr<Lane>> lanes;
  for (const char* tenant : {"a", "b", "c"}) lanes.push_back(queue->NewLane(tenant, {}));
  std::atomic<std::uint64_t> threads = 0;
  std::atomic<int> ran = 0;
  {
    std::vector<std::jthread> users;
    for (unsigned i = 0; i < 16; ++i) {
      users.emplace_back([&, i] {
        const std::uint64_t needs = i % kThreads + 1;
        for (int round = 0; round < 100; ++round) {
          const auto permit = lanes[i % lanes.size()]->Enter(Deadline::Never(), needs);
          EXPECT_LE(threads += needs, kThreads);
          std::this_thread::yield();
          threads -= needs;
          ++ran;
        }
      });
    }
  }
  EXPECT_EQ(ran, 1600);
  EXPECT_EQ(queue->counts(), limits::QueueCounts());
}

}  // namespace
}  // namespace namesake
