// Loads that nobody waits for any longer.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "namesake/host.h"
#include "registry/registry_fixture.h"

namespace namesake {
namespace {

using test::Fails;
using test::IsOk;
using test::Key;

constexpr auto kHang = std::chrono::seconds(10);

// One load at a time, each of which lasts until the test ends it.
class AbandonedLoadsTest : public test::RegistryFixture {
 protected:
  AbandonedLoadsTest() {
    AccountLimits limits;
    limits.max_loads = 1;
    account_ = Account::Make("the test", limits);
    registry_ = registry::NewDefaultRegistry({.loader = loader_, .failed_load_ttl = {}});
    loader_->LoadBy([this](const Model& model) {
      const std::string name = model.options.at("name");
      std::unique_lock lock(mutex_);
      ++begun_[name];
      changed_.notify_all();
      changed_.wait(lock, [&] { return all_end_ || may_end_[name]; });
      lock.unlock();
      return test::TestLoader(counters_).Load(model, Placement::Host(), Deadline::Never());
    });
  }
  ~AbandonedLoadsTest() override {
    EndAll();
    registry_.reset();  // Its loads use this object's members.
  }

  void Add(const std::string& name) {
    Model model = fake::NewModel("io u8 1");
    model.options["name"] = name;
    ASSERT_THAT(Register(Key(name), std::move(model)), IsOk());
  }
  // Requests a model with a deadline that has passed.
  void AskAndLeave(const std::string& name) {
    EXPECT_THAT(registry_->Acquire(Key(name), Placement::Host(), Deadline::After({})),
                Fails(ErrorCode::kTimeout, "the model is still loading"));
  }
  // Requests a model and stays until it is loaded.
  std::future<bool> Ask(const std::string& name) {
    auto asked = std::async(std::launch::async, [this, name] {
      return registry_->Acquire(Key(name), Placement::Host(), Deadline::Never()).has_value();
    });
    while (StateOf(name) == ModelState::kRegistered) std::this_thread::yield();
    return asked;
  }
  bool Begins(const std::string& name) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kHang, [&] { return begun_[name] > 0; });
  }
  int Begun(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return begun_[name];
  }
  void End(const std::string& name) {
    const std::lock_guard lock(mutex_);
    may_end_[name] = true;
    changed_.notify_all();
  }
  void EndAll() {
    const std::lock_guard lock(mutex_);
    all_end_ = true;
    changed_.notify_all();
  }
  static bool Ends(std::future<bool>& asked) {
    return asked.wait_for(kHang) == std::future_status::ready && asked.get();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  std::map<std::string, int> begun_;
  std::map<std::string, bool> may_end_;
  bool all_end_ = false;
};

TEST_F(AbandonedLoadsTest, OneThatRunsLeavesItsPlaceToTheNext) {
  Add("slow");
  Add("other");
  AskAndLeave("slow");
  ASSERT_TRUE(Begins("slow"));
  auto other = Ask("other");
  EXPECT_TRUE(Begins("other"));
  End("other");
  EXPECT_TRUE(Ends(other));
  // The load went on, and a late caller joins it.
  EXPECT_EQ(StateOf("slow"), ModelState::kLoading);
  EXPECT_FALSE(registry_->AwaitLoads(Deadline::After({})));
  auto late = Ask("slow");
  End("slow");
  EXPECT_TRUE(Ends(late));
  EXPECT_EQ(Begun("slow"), 1);
  EXPECT_TRUE(registry_->AwaitLoads(Deadline::After({})));
}

// A load that queues begins when the last waiter of the load before it has left.
TEST_F(AbandonedLoadsTest, TheLastOfItsWaitersDecides) {
  Add("slow");
  Add("other");
  auto stays = Ask("slow");
  ASSERT_TRUE(Begins("slow"));
  auto other = Ask("other");
  AskAndLeave("slow");
  EXPECT_EQ(Begun("other"), 0);
  EXPECT_EQ(StateOf("other"), ModelState::kLoading);
  EndAll();
  EXPECT_TRUE(Ends(stays));
  EXPECT_TRUE(Ends(other));
}

TEST_F(AbandonedLoadsTest, OneThatWaitsForItsTurnIsDropped) {
  Add("slow");
  Add("given up");
  auto slow = Ask("slow");
  ASSERT_TRUE(Begins("slow"));
  AskAndLeave("given up");
  EXPECT_EQ(StateOf("given up"), ModelState::kRegistered);
  End("slow");
  EXPECT_TRUE(Ends(slow));
  EXPECT_TRUE(registry_->AwaitLoads(Deadline::After(kHang)));
  EXPECT_EQ(Begun("given up"), 0);
  // A new request loads it.
  auto again = Ask("given up");
  End("given up");
  EXPECT_TRUE(Ends(again));
}

TEST_F(AbandonedLoadsTest, OneOfBytesThatIsDroppedLeavesNothing) {
  Add("slow");
  auto slow = Ask("slow");
  ASSERT_TRUE(Begins("slow"));
  auto bytes = account_->Reserve(Resource::kModelBytes, 7);
  const auto until_loaded = std::make_shared<int>(0);
  Registration registration = Of(fake::NewModel("io u8 2"));
  registration.bytes = *std::move(bytes);
  registration.until_loaded = until_loaded;
  EXPECT_THAT(registry_->Load(std::move(registration), nullptr, Deadline::After({})),
              Fails(ErrorCode::kTimeout, "the model is still loading"));
  EXPECT_EQ(account_->used(Resource::kModels), 1U);
  EXPECT_EQ(account_->used(Resource::kModelBytes), 7U);  // Those of the slow load.
  EXPECT_EQ(until_loaded.use_count(), 1);
  End("slow");
  EXPECT_TRUE(Ends(slow));
}

// Its reservations are kept, so that there are never more such loads than models allowed.
TEST_F(AbandonedLoadsTest, OneThatRunsKeepsItsReservationsUntilItEnds) {
  const auto until_loaded = std::make_shared<int>(0);
  Registration registration = Of(fake::NewModel("io u8 2"));
  registration.model.options["name"] = "slow";
  registration.until_loaded = until_loaded;
  EXPECT_THAT(registry_->Load(std::move(registration), nullptr, Deadline::After({})),
              Fails(ErrorCode::kTimeout, "the model is still loading"));
  ASSERT_TRUE(Begins("slow"));
  EXPECT_EQ(account_->used(Resource::kModels), 1U);
  EXPECT_EQ(account_->used(Resource::kModelBytes), 7U);
  EXPECT_EQ(until_loaded.use_count(), 2);
  End("slow");
  EXPECT_TRUE(registry_->AwaitLoads(Deadline::After(kHang)));
  EXPECT_EQ(account_->used(Resource::kModels), 0U);
  EXPECT_EQ(account_->used(Resource::kModelBytes), 0U);
  EXPECT_EQ(until_loaded.use_count(), 1);
}

TEST_F(AbandonedLoadsTest, OnesThatWerePrefetchedStay) {
  Add("running");
  Add("waiting");
  registry_->Prefetch(Key("running"), Placement::Host());
  ASSERT_TRUE(Begins("running"));
  registry_->Prefetch(Key("waiting"), Placement::Host());
  AskAndLeave("running");
  AskAndLeave("waiting");
  EXPECT_EQ(StateOf("waiting"), ModelState::kLoading);
  EXPECT_EQ(Begun("waiting"), 0);
  EndAll();
  EXPECT_TRUE(registry_->AwaitLoads(Deadline::After(kHang)));
  EXPECT_EQ(StateOf("running"), ModelState::kReady);
  EXPECT_EQ(StateOf("waiting"), ModelState::kReady);
}

TEST_F(AbandonedLoadsTest, ARegistryEndsWithLoadsThatWaitForTheirTurn) {
  Add("running");
  Add("waiting");
  registry_->Prefetch(Key("running"), Placement::Host());
  ASSERT_TRUE(Begins("running"));
  registry_->Prefetch(Key("waiting"), Placement::Host());
  std::weak_ptr<Registry> ends = registry_;
  auto ended = std::async(std::launch::async, [&] { registry_.reset(); });
  while (!ends.expired()) std::this_thread::yield();
  End("running");
  EXPECT_EQ(ended.wait_for(kHang), std::future_status::ready);
  EXPECT_EQ(Begun("waiting"), 0);
  EndAll();
}

// Every load ends, in whatever order callers begin, join, leave and replace.
TEST_F(AbandonedLoadsTest, NobodyIsLeftWaiting) {
  EndAll();
  constexpr int kModels = 3;
  for (int i = 0; i < kModels; ++i) Add(fmt::to_string(i));
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 100; ++i) {
        const std::string name = fmt::to_string(i % kModels);
        const auto soon = Deadline::After(std::chrono::microseconds(i % 7 * 20));
        const bool stays = (i + thread) % 3 == 0;
        const auto lease =
            registry_->Acquire(Key(name), Placement::Host(), stays ? Deadline::Never() : soon);
        if (!lease && lease.error().code() != ErrorCode::kNotFound) {
          EXPECT_FALSE(stays) << lease.error().detail();
        }
        if (thread == 0) registry_->Prefetch(Key(name), Placement::Host());
        // Makes each model different, so that it has to be loaded.
        Model model = fake::NewModel(fmt::format("io u8 {}", i));
        model.options["name"] = name;
        static_cast<void>(registry_->Replace(Key(name), Of(std::move(model)),
                                             Deadline::After(std::chrono::microseconds(200))));
        static_cast<void>(registry_->Unregister(Key(name), Origin::kOperator));
        Model again = fake::NewModel("io u8 1");
        again.options["name"] = name;
        static_cast<void>(Register(Key(name), std::move(again)));
      }
    });
  }
  threads.clear();
  EXPECT_TRUE(registry_->AwaitLoads(Deadline::After(kHang)));
}

}  // namespace
}  // namespace namesake
