// The system is slow to start a thread. That delays only those who wait for this load.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <system_error>
#include <thread>
#include <utility>

#include "host/faults.h"
#include "registry/registry_fixture.h"
#include "support/gate.h"

namespace namesake {
namespace {

using test::Fails;
using test::FailsInDetail;
using test::IsOk;
using test::Key;

void NoThread() { throw std::system_error(EAGAIN, std::generic_category()); }

class ThreadStartTest : public test::RegistryFixture {};

TEST_F(ThreadStartTest, AThreadThatIsSlowToStartKeepsNoOtherAccountWaiting) {
  Make();
  const auto other = Account::Make("another", {});
  ASSERT_THAT(Register(Key("slow"), fake::NewModel("io u8 1"), LoadMode::kLazy), IsOk());
  ASSERT_THAT(
      registry_->Register(Key("other", Scope::Tenant(1)), {.model = fake::NewModel("io u8 2"),
                                                           .account = other,
                                                           .placement = Placement::Tenant(1)}),
      IsOk());
  test::Gate gate;
  std::jthread starter([&] {
    const std::function<void()> stop = [&] { gate.Pass(); };
    test::before_thread_start = &stop;
    EXPECT_THAT(registry_->Acquire(Key("slow"), Placement::Host(), Deadline::Never()), IsOk());
    test::before_thread_start = nullptr;
  });
  ASSERT_TRUE(gate.AwaitReached());
  EXPECT_TRUE(test::ComesThrough(
      [&] {
        EXPECT_THAT(registry_->Acquire(Key("other", Scope::Tenant(1)), Placement::Host(),
                                       Deadline::Never()),
                    IsOk());
        EXPECT_TRUE(registry_->ReserveModelBytes(other, 1));
        // Nor are those delayed who query that model itself.
        EXPECT_EQ(StateOf("slow"), ModelState::kLoading);
        EXPECT_EQ(registry_->List(Scope::Host(), Placement::Host()).size(), 1U);
        EXPECT_THAT(registry_->Acquire(Key("slow"), Placement::Host(), Deadline::After({})),
                    Fails(ErrorCode::kTimeout, "the model is still loading"));
        EXPECT_THAT(registry_->Unregister(Key("slow"), Origin::kOperator), IsOk());
      },
      [&] { gate.Open(); }));
  starter.join();
}

// The next request retries a load that could not begin.
TEST_F(ThreadStartTest, WithoutAThreadALoadFailsAndTheNextOneIsTried) {
  Make();
  ASSERT_THAT(Register(Key("m"), fake::NewModel("io u8 1")), IsOk());
  const std::function<void()> fail = NoThread;
  test::before_thread_start = &fail;
  EXPECT_THAT(
      registry_->Acquire(Key("m"), Placement::Host(), Deadline::Never()),
      FailsInDetail(
          ErrorCode::kRuntimeError,
          testing::StartsWith("can't start a thread to load it: the limit on threads is reached")));
  test::before_thread_start = nullptr;
  EXPECT_EQ(StateOf("m"), ModelState::kFailed);
  EXPECT_TRUE(registry_->AwaitLoads(Deadline::After({})));
  EXPECT_THAT(registry_->Acquire(Key("m"), Placement::Host(), Deadline::Never()), IsOk());
}

// Try returns whether "next" was requested before the load ahead of it was given up, after `wait`.
class GivenUpTest : public ThreadStartTest {
 protected:
  bool Try(std::chrono::milliseconds wait) {
    AccountLimits limits;
    limits.max_loads = 1;
    account_ = Account::Make("the test", limits);
    registry_ = registry::NewDefaultRegistry({.loader = loader_, .failed_load_ttl = {}});
    test::Gate gate;
    std::atomic<int> loads = 0;
    loader_->LoadBy([&](const Model& model) {
      if (++loads == 1) gate.Pass();
      return test::TestLoader(counters_).Load(model, Placement::Host(), Deadline::Never());
    });
    EXPECT_THAT(Register(Key("slow"), fake::NewModel("io u8 1")), IsOk());
    EXPECT_THAT(Register(Key("next"), fake::NewModel("io u8 2")), IsOk());
    const auto end = Deadline::Clock::now() + wait;
    std::jthread leaver([&] { StartAndLeave(Deadline::At(end)); });
    EXPECT_TRUE(gate.AwaitReached());
    registry_->Prefetch(Key("next"), Placement::Host());
    const bool in_time = Deadline::Clock::now() < end;
    leaver.join();
    if (in_time) {
      EXPECT_EQ(loads, 1);
      EXPECT_EQ(StateOf("next"), ModelState::kLoading);
    }
    gate.Open();
    EXPECT_TRUE(registry_->AwaitLoads(Deadline::After(test::kHang)));
    EXPECT_EQ(StateOf("next"), ModelState::kReady);
    registry_.reset();  // Its loads use this object's members.
    return in_time;
  }

 private:
  // Its own load begins; no thread can be started for the next one when it leaves.
  void StartAndLeave(Deadline deadline) {
    const std::function<void()> second = [first = true]() mutable {
      if (!std::exchange(first, false)) NoThread();
    };
    test::before_thread_start = &second;
    EXPECT_THAT(registry_->Acquire(Key("slow"), Placement::Host(), deadline),
                Fails(ErrorCode::kTimeout, "the model is still loading"));
    test::before_thread_start = nullptr;
  }
};

// An abandoned load passes its slot on when it ends, at the latest.
TEST_F(GivenUpTest, WithoutAThreadTheNextOfALaneBeginsWhenTheOneBeforeHasEnded) {
  for (auto wait = std::chrono::milliseconds(200); !Try(wait); wait *= 2) {
  }
}

}  // namespace
}  // namespace namesake
