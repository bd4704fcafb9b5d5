#include "limits/compute_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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

const std::string kHostIsFull =
    "the host's limit max_queued_inferences is used up; try again later";

std::string LaneIsFull(int limit, const std::string& tenant) {
  return "the limit max_queued_inferences = " + std::to_string(limit) + " of tenant \"" + tenant +
         "\" is used up; try again later";
}

// Enters on a new thread, and returns once that thread waits in the lane.
std::future<Result<Permit>> StartsToWait(const std::shared_ptr<Lane>& lane) {
  const std::uint64_t waiting = lane->counts().waiting;
  auto entered = std::async(std::launch::async, [lane] { return lane->Enter(Patient()); });
  while (lane->counts().waiting == waiting) std::this_thread::yield();
  return entered;
}

// Records the order in which waiters get their turn.
class Line {
 public:
  // Waits in `lane` on a new thread, and passes the turn on as soon as it has it.
  void Add(const std::string& name, const std::shared_ptr<Lane>& lane) {
    const std::uint64_t waiting = lane->counts().waiting;
    threads_.emplace_back([this, name, lane] {
      const auto permit = lane->Enter(Patient());
      const std::lock_guard lock(mutex_);
      order_ += permit ? " " + name : " (" + name + ")";
    });
    while (lane->counts().waiting == waiting) std::this_thread::yield();
  }

  // Returns once every waiter has had its turn.
  std::string Order() {
    threads_.clear();
    return order_;
  }

 private:
  std::mutex mutex_;
  std::string order_;  // Guarded by mutex_.
  std::vector<std::jthread> threads_;
};

TEST(ComputeQueue, WithoutLimitsEverybodyPassesUncounted) {
  const auto queue = limits::ComputeQueue::Make({});
  const auto lane = queue->NewLane("a", {.max_running = {}, .max_queued = 0});
  const auto first = lane->Enter(Passed());
  const auto second = lane->Enter(Patient());
  EXPECT_THAT(first, IsOk());
  EXPECT_THAT(second, IsOk());
  EXPECT_EQ(queue->counts(), limits::QueueCounts());
}

TEST(ComputeQueue, TheHostRunsUpToItsLimitAndNoMore) {
  const auto queue = limits::ComputeQueue::Make({.max_running = 2, .max_queued = {}});
  const auto a = queue->NewLane("a", {});
  const auto b = queue->NewLane("b", {});
  auto first = a->Enter(Passed());
  const auto second = b->Enter(Passed());
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(a->Enter(Passed()), Fails(ErrorCode::kTimeout, kTimedOut));
  EXPECT_THAT(b->Enter(Passed()), Fails(ErrorCode::kTimeout, kTimedOut));
  EXPECT_EQ(queue->counts(), (limits::QueueCounts{.running = 2, .waiting = 0}));
  {
    const Permit ended = *std::move(first);
  }
  EXPECT_THAT(b->Enter(Passed()), IsOk());
}

TEST(ComputeQueue, ALaneRunsUpToItsLimitAndNoMore) {
  const auto queue = limits::ComputeQueue::Make({});
  const auto a = queue->NewLane("a", {.max_running = 1, .max_queued = {}});
  const auto b = queue->NewLane("b", {.max_running = 1, .max_queued = {}});
  const auto in_a = a->Enter(Passed());
  ASSERT_THAT(in_a, IsOk());
  EXPECT_THAT(a->Enter(Passed()), Fails(ErrorCode::kTimeout, kTimedOut));
  EXPECT_THAT(b->Enter(Passed()), IsOk());
  EXPECT_EQ(a->counts(), (limits::QueueCounts{.running = 1, .waiting = 0}));
  EXPECT_EQ(b->counts(), limits::QueueCounts());
}

TEST(ComputeQueue, WithoutAnyTurnEverybodyWaitsForTheDeadline) {
  const auto lane =
      limits::ComputeQueue::Make({.max_running = 0, .max_queued = {}})->NewLane("a", {});
  EXPECT_THAT(lane->Enter(Deadline::After(1ms)), Fails(ErrorCode::kTimeout, kTimedOut));
}

TEST(ComputeQueue, APermitThatIsMovedIsStillOne) {
  const auto queue = limits::ComputeQueue::Make({.max_running = 2, .max_queued = {}});
  const auto lane = queue->NewLane("a", {});
  {
    auto first = lane->Enter(Passed());
    auto second = lane->Enter(Passed());
    ASSERT_THAT(first, IsOk());
    ASSERT_THAT(second, IsOk());
    Permit moved(*std::move(first));
    moved = *std::move(second);
    EXPECT_EQ(queue->counts().running, 2U);
  }
  EXPECT_EQ(queue->counts(), limits::QueueCounts());
}

TEST(ComputeQueue, ALaneLetsAsManyWaitAsItMayAndNoMore) {
  const auto queue = limits::ComputeQueue::Make({.max_running = 1, .max_queued = {}});
  const auto a = queue->NewLane("a", {.max_running = {}, .max_queued = 2});
  const auto b = queue->NewLane("b\n", {.max_running = {}, .max_queued = 0});
  auto running = a->Enter(Patient());
  ASSERT_THAT(running, IsOk());
  auto first = StartsToWait(a);
  auto second = StartsToWait(a);
  EXPECT_THAT(a->Enter(Patient()), Fails(ErrorCode::kBusy, LaneIsFull(2, "a")));
  EXPECT_THAT(b->Enter(Patient()), Fails(ErrorCode::kBusy, LaneIsFull(0, "b\\x0a")));
  {
    const Permit ended = *std::move(running);
  }
  EXPECT_THAT(first.get(), IsOk());
  EXPECT_THAT(second.get(), IsOk());
}

TEST(ComputeQueue, TheHostLetsAsManyWaitAsItMayAndNoMore) {
  const auto queue = limits::ComputeQueue::Make({.max_running = 1, .max_queued = 1});
  const auto a = queue->NewLane("a", {});
  auto running = a->Enter(Patient());
  ASSERT_THAT(running, IsOk());
  auto waits = StartsToWait(a);
  EXPECT_THAT(a->Enter(Patient()), Fails(ErrorCode::kBusy, kHostIsFull));
  EXPECT_EQ(queue->counts(), (limits::QueueCounts{.running = 1, .waiting = 1}));
  {
    const Permit ended = *std::move(running);
  }
  EXPECT_THAT(waits.get(), IsOk());
}

TEST(ComputeQueue, WithoutWaitingPlacesWhoeverCantRunIsToldBusy) {
  const auto queue = limits::ComputeQueue::Make({.max_running = 1, .max_queued = 0});
  const auto lane = queue->NewLane("a", {});
  const auto running = lane->Enter(Patient());
  ASSERT_THAT(running, IsOk());
  EXPECT_THAT(lane->Enter(Patient()), Fails(ErrorCode::kBusy, kHostIsFull));
}

TEST(ComputeQueue, ATenantThatTakesAllWaitingPlacesLosesThemToOthersDownToItsShare) {
  const auto queue = limits::ComputeQueue::Make({.max_running = 1, .max_queued = 3});
  const auto a = queue->NewLane("a", {});
  const auto b = queue->NewLane("b", {});
  const auto c = queue->NewLane("c", {});
  const auto d = queue->NewLane("d", {});
  auto running = a->Enter(Patient());
  ASSERT_THAT(running, IsOk());
  Line line;
  line.Add("a1", a);
  auto a2 = StartsToWait(a);
  auto a3 = StartsToWait(a);
  EXPECT_THAT(a->Enter(Patient()), Fails(ErrorCode::kBusy, kHostIsFull));

  line.Add("b1", b);
  EXPECT_THAT(a3.get(), Fails(ErrorCode::kBusy, kHostIsFull));
  // With two waiters against one, displacing a waiter gains nothing.
  EXPECT_THAT(b->Enter(Patient()), Fails(ErrorCode::kBusy, kHostIsFull));
  EXPECT_THAT(a->Enter(Patient()), Fails(ErrorCode::kBusy, kHostIsFull));

  line.Add("c1", c);
  EXPECT_THAT(a2.get(), Fails(ErrorCode::kBusy, kHostIsFull));
  // As many tenants as slots.
  EXPECT_THAT(d->Enter(Patient()), Fails(ErrorCode::kBusy, kHostIsFull));
  EXPECT_EQ(queue->counts(), (limits::QueueCounts{.running = 1, .waiting = 3}));

  {
    const Permit ended = *std::move(running);
  }
  EXPECT_EQ(line.Order(), " a1 b1 c1");
}

TEST(ComputeQueue, TurnsGoRoundBetweenLanesAndInOrderWithinOne) {
  const auto queue = limits::ComputeQueue::Make({.max_running = 1, .max_queued = {}});
  const auto a = queue->NewLane("a", {});
  const auto b = queue->NewLane("b", {});
  const auto c = queue->NewLane("c", {});
  auto running = a->Enter(Patient());
  ASSERT_THAT(running, IsOk());
  Line line;
  for (const char* name : {"a1", "a2", "a3", "a4"}) line.Add(name, a);
  for (const char* name : {"b1", "b2"}) line.Add(name, b);
  line.Add("c1", c);
  {
    const Permit ended = *std::move(running);
  }
  EXPECT_EQ(line.Order(), " a1 b1 c1 a2 b2 a3 a4");
}

TEST(ComputeQueue, ALaneAtItsOwnLimitIsPassedOverAndKeepsItsPlace) {
  const auto queue = limits::ComputeQueue::Make({.max_running = 2, .max_queued = {}});
  const auto a = queue->NewLane("a", {.max_running = 1, .max_queued = {}});
  const auto b = queue->NewLane("b", {});
  auto in_a = a->Enter(Patient());
  auto in_b = b->Enter(Patient());
  ASSERT_THAT(in_a, IsOk());
  ASSERT_THAT(in_b, IsOk());
  auto a2 = StartsToWait(a);
  auto b2 = StartsToWait(b);
  auto b3 = StartsToWait(b);
  {
    const Permit ended = *std::move(in_b);
  }
  auto second_of_b = b2.get();
  EXPECT_THAT(second_of_b, IsOk());
  EXPECT_EQ(a->counts(), (limits::QueueCounts{.running = 1, .waiting = 1}));
  EXPECT_EQ(b->counts(), (limits::QueueCounts{.running = 1, .waiting = 1}));
  {
    const Permit ended = *std::move(in_a);
  }
  // The turn is back at the first lane, which may run now.
  const auto second_of_a = a2.get();
  EXPECT_THAT(second_of_a, IsOk());
  EXPECT_EQ(b->counts(), (limits::QueueCounts{.running = 1, .waiting = 1}));
  {
    const Permit ended = *std::move(second_of_b);
  }
  EXPECT_THAT(b3.get(), IsOk());
}

TEST(ComputeQueue, WhoeverTimesOutLeavesTheOthersInOrder) {
  const auto queue = limits::ComputeQueue::Make({.max_running = 1, .max_queued = {}});
  const auto a = queue->NewLane("a", {});
  const auto b = queue->NewLane("b", {});
  auto running = a->Enter(Patient());
  ASSERT_THAT(running, IsOk());
  Line line;
  line.Add("a1", a);
  EXPECT_THAT(b->Enter(Deadline::After(1ms)), Fails(ErrorCode::kTimeout, kTimedOut));
  EXPECT_THAT(a->Enter(Deadline::After(1ms)), Fails(ErrorCode::kTimeout, kTimedOut));
  EXPECT_EQ(queue->counts(), (limits::QueueCounts{.running = 1, .waiting = 1}));
  line.Add("a2", a);
  line.Add("b1", b);
  {
    const Permit ended = *std::move(running);
  }
  EXPECT_EQ(line.Order(), " a1 b1 a2");
}

TEST(ComputeQueue, APlaceInTheQueueIsFreeAgainAfterATimeout) {
  const auto queue = limits::ComputeQueue::Make({.max_running = 1, .max_queued = 1});
  const auto lane = queue->NewLane("a", {.max_running = {}, .max_queued = 1});
  const auto running = lane->Enter(Patient());
  ASSERT_THAT(running, IsOk());
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(lane->Enter(Deadline::After(1ms)), Fails(ErrorCode::kTimeout, kTimedOut));
  }
}

TEST(ComputeQueue, APermitKeepsItsLaneAndItsQueueAlive) {
  std::optional<Result<Permit>> permit;
  std::weak_ptr<limits::ComputeQueue> queue;
  std::weak_ptr<Lane> lane;
  {
    const auto made = limits::ComputeQueue::Make({.max_running = 1, .max_queued = {}});
    const auto made_lane = made->NewLane("a", {});
    queue = made;
    lane = made_lane;
    permit = made_lane->Enter(Patient());
  }
  EXPECT_THAT(*permit, IsOk());
  EXPECT_FALSE(lane.expired());
  permit.reset();
  EXPECT_TRUE(lane.expired());
  EXPECT_TRUE(queue.expired());
}

TEST(ComputeQueue, ATenantThatEndsLeavesTheOthersTheirTurns) {
  const auto queue = limits::ComputeQueue::Make({.max_running = 1, .max_queued = {}});
  const auto b = queue->NewLane("b", {});
  std::future<Result<Permit>> waits;
  {
    const auto a = queue->NewLane("a", {});
    const auto running = a->Enter(Patient());
    ASSERT_THAT(running, IsOk());
    waits = StartsToWait(b);
  }
  EXPECT_THAT(waits.get(), IsOk());
  EXPECT_EQ(queue->counts(), limits::QueueCounts());
}

// Under any race of turns and deadlines, no more inferences run than the limits allow, no waiter is
// forgotten, and nothing stays reserved.
TEST(ComputeQueue, NoRaceExceedsALimitOrLosesATurn) {
  constexpr int kHostLimit = 3;
  constexpr int kLaneLimit = 2;
  const auto queue = limits::ComputeQueue::Make({.max_running = kHostLimit, .max_queued = 20});
  struct Tenant {
    std::shared_ptr<Lane> lane;
    std::atomic<int> running = 0;
  };
  std::vector<Tenant> tenants(4);
  for (Tenant& tenant : tenants) {
    tenant.lane = queue->NewLane("t", {.max_running = kLaneLimit, .max_queued = 6});
  }
  std::atomic<int> running = 0;
  std::atomic<int> ran = 0;
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < 32; ++i) {
      threads.emplace_back([&, i] {
        Tenant& tenant = tenants[i % tenants.size()];
        for (int round = 0; round < 200; ++round) {
          const auto permit = tenant.lane->Enter(
              i < 16 ? Deadline::Never() : Deadline::After(std::chrono::microseconds(round)));
          if (!permit) continue;
          EXPECT_LE(++running, kHostLimit);
          EXPECT_LE(++tenant.running, kLaneLimit);
          std::this_thread::yield();
          ++ran;
          --tenant.running;
          --running;
        }
      });
    }
  }
  EXPECT_GT(ran, 0);
  EXPECT_EQ(queue->counts(), limits::QueueCounts());
}

TEST(ComputeQueue, EverybodyWhoMayWaitForEverGetsATurn) {
  const auto queue = limits::ComputeQueue::Make({.max_running = 1, .max_queued = {}});
  std::vector<std::shared_ptr<Lane>> lanes;
  for (const char* tenant : {"a", "b", "c"}) lanes.push_back(queue->NewLane(tenant, {}));
  std::atomic<int> ran = 0;
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < 32; ++i) {
      threads.emplace_back([&, i] {
        for (int round = 0; round < 100; ++round) {
          if (lanes[i % lanes.size()]->Enter(Deadline::Never())) ++ran;
        }
      });
    }
  }
  EXPECT_EQ(ran, 3200);
}

}  // namespace
}  // namespace namesake
