#include "base/alarm.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "namesake/deadline.h"

namespace namesake {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class AlarmTest : public testing::Test {
 protected:
  std::function<void()> Ring() {
    return [this] { ++rings_; };
  }
  void AwaitRings(int count) const {
    while (rings_ < count) std::this_thread::yield();
  }

  base::AlarmClock clock_;
  std::atomic<int> rings_ = 0;
};

TEST_F(AlarmTest, RingsAtItsDeadlineAndGoesOn) {
  const base::Alarm alarm(clock_, Deadline::After(milliseconds(1)), Ring());
  AwaitRings(3);
}

TEST_F(AlarmTest, RingsAtOnceForADeadlineThatHasPassed) {
  const base::Alarm alarm(clock_, Deadline::After(-hours(1)), Ring());
  AwaitRings(1);
}

TEST_F(AlarmTest, IsSilentOnceItHasEnded) {
  std::optional<base::Alarm> ended(std::in_place, clock_, Deadline::After(-hours(1)), Ring());
  AwaitRings(1);
  ended.reset();
  const int heard = rings_;
  // The clock goes on for others.
  std::atomic<int> others = 0;
  const base::Alarm other(clock_, Deadline::After(-hours(1)), [&] { ++others; });
  while (others < 3) std::this_thread::yield();
  EXPECT_EQ(rings_, heard);
}

TEST_F(AlarmTest, AnEarlierOneDoesNotWaitForALaterOne) {
  const base::Alarm later(clock_, Deadline::After(hours(1)), [] { FAIL(); });
  const base::Alarm never(clock_, Deadline::Never(), [] { FAIL(); });
  const base::Alarm soon(clock_, Deadline::After(milliseconds(1)), Ring());
  AwaitRings(1);
}

// The clock's thread is not woken when an alarm ends, and sleeps for those that come next.
TEST_F(AlarmTest, RingsAfterManyHaveEndedInTime) {
  for (int i = 0; i < 1000; ++i) {
    const base::Alarm in_time(clock_, Deadline::After(hours(1)), [] { FAIL(); });
  }
  const base::Alarm late(clock_, Deadline::After(milliseconds(1)), Ring());
  AwaitRings(1);
}

TEST_F(AlarmTest, ManyThreadsMaySetThem) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this, i] {
      for (int round = 0; round < 100; ++round) {
        std::atomic<bool> rang = false;
        const base::Alarm alarm(clock_, Deadline::After(std::chrono::microseconds(i * 50)),
                                [&] { rang = true; });
        if (round % 10 == 0) {
          while (!rang) std::this_thread::yield();
        }
      }
    });
  }
}

}  // namespace
}  // namespace namesake
