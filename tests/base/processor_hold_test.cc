#include "base/processor_hold.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <functional>
#include <optional>
#include <thread>
#include <vector>

namespace namesake::base {
namespace {

std::vector<unsigned> Allowed() {
  cpu_set_t set;
  EXPECT_EQ(::sched_getaffinity(0, sizeof set, &set), 0);
  std::vector<unsigned> processors;
  for (unsigned i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &set)) processors.push_back(i);
  }
  return processors;
}

void Limit(unsigned processor) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
}

void OnAThread(const std::function<void()>& test) { std::jthread{test}; }

TEST(ProcessorHold, HoldsUntilItsEnd) {
  OnAThread([] {
    const auto before = Allowed();
    for (const unsigned processor : before) {
      {
        const ProcessorHold hold(processor);
        EXPECT_EQ(Allowed(), std::vector{processor});
        EXPECT_EQ(ThisProcessor(), std::optional(processor));
      }
      EXPECT_EQ(Allowed(), before);
    }
  });
}

TEST(ProcessorHold, KeepsTheLimitOfAThread) {
  OnAThread([] {
    const unsigned last = Allowed().back();
    Limit(last);
    {
      const ProcessorHold hold(last);
    }
    EXPECT_EQ(Allowed(), std::vector{last});
  });
}

TEST(ProcessorHold, TakesNoProcessorThatTheThreadMayNotUse) {
  OnAThread([] {
    const auto all = Allowed();
    Limit(all.back());
    for (const unsigned other : {all.front(), 100'000U, ~0U}) {
      const ProcessorHold hold(other);
      EXPECT_EQ(Allowed(), std::vector{all.back()});
    }
    EXPECT_EQ(Allowed(), std::vector{all.back()});
  });
}

}  // namespace
}  // namespace namesake::base
