#include "worker/hand_over.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <chrono>
#include <initializer_list>
#include <optional>
#include <thread>
#include <utility>

namespace namesake::worker {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

int AllowedProcessors() {
  cpu_set_t set;
  EXPECT_EQ(::sched_getaffinity(0, sizeof set, &set), 0);
  return CPU_COUNT(&set);
}

bool HandsOver() { return HandOver(true).processor().has_value(); }

// Each test has a thread of its own, as if it had no inference before.
class HandOvers : public testing::Test {
 protected:
  template <typename Test>
  static void OnAThread(const Test& test) {
    std::jthread{test};
  }
};

TEST_F(HandOvers, HoldTheThreadUntilTheyEnd) {
  OnAThread([] {
    const int before = AllowedProcessors();
    EXPECT_FALSE(HandsOver());  // Another thread was last.
    {
      const HandOver hand_over(true);
      EXPECT_EQ(hand_over.processor(), base::ThisProcessor());
      EXPECT_EQ(AllowedProcessors(), 1);
    }
    EXPECT_EQ(AllowedProcessors(), before);
  });
}

TEST_F(HandOvers, AreForInferencesThatGainByIt) {
  OnAThread([] {
    HandsOver();
    EXPECT_FALSE(HandOver(false).processor());
    EXPECT_TRUE(HandsOver());
  });
}

TEST_F(HandOvers, AreForTheOnlyThread) {
  OnAThread([] {
    HandsOver();
    EXPECT_TRUE(HandsOver());
    OnAThread([] { EXPECT_FALSE(HandsOver()); });
    EXPECT_FALSE(HandsOver());
    EXPECT_TRUE(HandsOver());
    const HandOver under_way(true);
    OnAThread([] {
      EXPECT_FALSE(HandsOver());
      EXPECT_FALSE(HandsOver());
    });
  });
}

TEST(Pace, IsOfInferencesThatAreNeitherShortNorLong) {
  Pace pace;
  EXPECT_FALSE(pace.GainsByHandOver());
  for (const auto& [took, gains] :
       {std::pair<std::chrono::nanoseconds, bool>{microseconds(39), false},
        {microseconds(40), true},
        {milliseconds(20), true},
        {milliseconds(21), false}}) {
    pace.Note(took, false);
    EXPECT_EQ(pace.GainsByHandOver(), gains) << took;
  }
}

// Inferences that take so long, each handed over.
void HandOverEach(Pace& pace, std::initializer_list<std::chrono::nanoseconds> all) {
  for (const auto took : all) {
    EXPECT_TRUE(pace.GainsByHandOver());
    pace.Note(took, true);
  }
}

// Something else may run on the processor where it waits.
TEST(Pace, LeavesTheProcessorAfterAnInferenceThatWasLate) {
  Pace pace;
  pace.Note(milliseconds(2), false);
  HandOverEach(pace, {milliseconds(4), milliseconds(3), milliseconds(2)});
  EXPECT_TRUE(pace.GainsByHandOver());
  pace.Note(milliseconds(5), true);
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(pace.GainsByHandOver());
    pace.Note(milliseconds(5), false);
  }
  EXPECT_TRUE(pace.GainsByHandOver());
}

TEST(Pace, KeepsToTheProcessorIfAShortInferenceTakesLonger) {
  Pace pace;
  pace.Note(microseconds(100), false);
  HandOverEach(pace, {microseconds(1100), microseconds(900), microseconds(1100)});
  EXPECT_TRUE(pace.GainsByHandOver());
  pace.Note(microseconds(1101), true);
  EXPECT_FALSE(pace.GainsByHandOver());
}

}  // namespace
}  // namespace namesake::worker
