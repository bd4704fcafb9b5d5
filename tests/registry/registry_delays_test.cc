// What one tenant holds in a registry delays no other: each test stops one thread midway and checks
// that others get through. A failing test hangs for ten seconds first.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "registry/content_table.h"
#include "registry/model_memory.h"
#include "registry/name_table.h"
#include "registry/registry_fixture.h"
#include "registry/shared_mutex.h"
#include "support/gate.h"

namespace namesake {
namespace {

using test::ComesThrough;
using test::Gate;
using test::IsOk;
using test::Key;
using test::kHang;

TEST(SharedMutex, AWriterGetsInThoughReadersOverlap) {
  registry::SharedMutex mutex;
  mutex.lock_shared();
  std::thread writer([&] { const std::lock_guard lock(mutex); });
  // If another reader could enter, it would overlap with the first, and the writer would wait for
  // it, too.
  const auto end = std::chrono::steady_clock::now() + kHang;
  bool kept_out = false;
  while (!kept_out && std::chrono::steady_clock::now() < end) {
    kept_out = !mutex.try_lock_shared();
    if (!kept_out) mutex.unlock_shared();
  }
  EXPECT_TRUE(kept_out);
  mutex.unlock_shared();
  writer.join();
}

class RegistryDelaysTest : public testing::Test {
 protected:
  std::shared_ptr<registry::Entry> NewEntry(Origin origin = Origin::kGuest) {
    Model model = fake::NewModel("io u8 1");
    model.origin = origin;
    return std::make_shared<registry::Entry>(
        Registration{
            .model = std::move(model), .account = account_, .placement = Placement::Host()},
        registry::ModelPlace::Take(account_).value(), context_);
  }
  registry::NameTable::Named Named(const std::shared_ptr<registry::Entry>& entry) {
    return {
        .entry = entry, .order = 1, .place = registry::ModelPlace::AddName(entry->place()).value()};
  }
  void Add(registry::NameTable& names, const ModelKey& key) {
    EXPECT_EQ(names.Insert(key, Named(NewEntry())), nullptr);
  }

  fake::Counters counters_;
  const std::shared_ptr<Account> account_ = Account::Make("the test", {});
  registry::EntryContext context_{.loader = std::make_shared<test::TestLoader>(counters_),
                                  .failed_load_ttl = std::chrono::seconds(5),
                                  .now = Deadline::Clock::now,
                                  .memory = {},
                                  .gate = {},
                                  .threads = {}};
};

TEST_F(RegistryDelaysTest, AListerKeepsNobodyElseWaiting) {
  registry::NameTable names;
  Add(names, Key("a"));
  Add(names, Key("b"));
  Gate gate;
  const std::jthread lister([&] {
    names.ForEachName(Scope::Host(), [&](const ModelName& name) {
      if (name.text() == "a") gate.Pass();
    });
  });
  ASSERT_TRUE(gate.AwaitReached());
  EXPECT_TRUE(ComesThrough(
      [&] {
        EXPECT_NE(names.Find(Key("a")), nullptr);
        EXPECT_TRUE(names.FindGraph(Key("b"), Placement::Host()).registered);
        // A second listing of the same scope.
        EXPECT_EQ(names.Names(Scope::Host()).size(), 2U);
        // Reads and writes in every shard.
        for (int i = 0; i < 1000; ++i) Add(names, Key(std::to_string(i), Scope::Tenant(1)));
        for (int i = 0; i < 1000; ++i) {
          EXPECT_EQ(names.Erase(Key(std::to_string(i), Scope::Tenant(1)), Origin::kGuest),
                    registry::NameTable::Erased::kErased);
        }
        EXPECT_TRUE(names.Names(Scope::Tenant(1)).empty());
      },
      [&] { gate.Open(); }));
}

// A writer in the listed scope waits, but meanwhile holds nothing that others need.
TEST_F(RegistryDelaysTest, ARegistrationThatWaitsForAListerKeepsNoLookupWaiting) {
  registry::NameTable names;
  Add(names, Key("a"));
  Gate gate;
  const std::jthread lister(
      [&] { names.ForEachName(Scope::Host(), [&](const ModelName&) { gate.Pass(); }); });
  ASSERT_TRUE(gate.AwaitReached());
  const std::jthread writer([&] { Add(names, Key("b")); });
  EXPECT_TRUE(ComesThrough(
      [&] {
        for (int i = 0; i < 1000; ++i) {
          EXPECT_FALSE(names.FindGraph(Key("b", Scope::Tenant(2)), Placement::Host()).registered);
          Add(names, Key(std::to_string(i), Scope::Tenant(1)));
        }
        EXPECT_NE(names.Find(Key("a")), nullptr);
      },
      [&] { gate.Open(); }));
}

TEST_F(RegistryDelaysTest, TakingAwayWhatOneMayNotWaitsForNoLister) {
  registry::NameTable names;
  EXPECT_EQ(names.Insert(Key("a"), Named(NewEntry(Origin::kOperator))), nullptr);
  Gate gate;
  const std::jthread lister(
      [&] { names.ForEachName(Scope::Host(), [&](const ModelName&) { gate.Pass(); }); });
  ASSERT_TRUE(gate.AwaitReached());
  EXPECT_TRUE(ComesThrough(
      [&] {
        EXPECT_EQ(names.Erase(Key("none"), Origin::kGuest), registry::NameTable::Erased::kNotThere);
        EXPECT_EQ(names.Erase(Key("a"), Origin::kGuest), registry::NameTable::Erased::kForbidden);
      },
      [&] { gate.Open(); }));
}

TEST_F(RegistryDelaysTest, ContentThatIsBeingMadeDelaysThoseWhoAskForTheSameAlone) {
  const auto contents = std::make_shared<registry::ContentTable>();
  const auto other = Account::Make("another", {});
  Gate gate;
  std::shared_ptr<registry::Entry> first;
  int made = 0;
  const auto make = [&]() -> Result<std::shared_ptr<registry::Entry>> {
    ++made;
    gate.Pass();
    return NewEntry();
  };
  std::jthread maker([&] { first = contents->FindOrMake({account_.get(), {}}, make).value(); });
  ASSERT_TRUE(gate.AwaitReached());
  std::shared_ptr<registry::Entry> same;
  std::jthread second([&] { same = contents->FindOrMake({account_.get(), {}}, make).value(); });
  EXPECT_TRUE(ComesThrough(
      [&] {
        EXPECT_THAT(contents->FindOrMake(
                        {other.get(), {}},
                        [&]() -> Result<std::shared_ptr<registry::Entry>> { return NewEntry(); }),
                    IsOk());
      },
      [&] { gate.Open(); }));
  maker.join();
  second.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(first, same);
}

class SlowToTell : public registry::Evictable {
 public:
  explicit SlowToTell(Gate& gate) : gate_(gate) {}
  Deadline::Clock::time_point LastUsed(const Placement& /*placement*/) const override {
    gate_.Pass();
    return {};
  }
  bool Evict(const Placement& /*placement*/) override { return false; }

 private:
  Gate& gate_;
};

TEST_F(RegistryDelaysTest, AnAccountThatIsShortOfMemoryDelaysNoOther) {
  AccountLimits limits;
  limits.total(Resource::kModelBytes) = 10;
  const auto account = Account::Make("the one that is short", limits);
  const auto other = Account::Make("another", limits);
  const auto held = account->Reserve(Resource::kModelBytes, 10);
  registry::ModelMemory memory;
  Gate gate;
  const auto slow = std::make_shared<SlowToTell>(gate);
  memory.Add(account, slow, Placement::Host());
  const std::jthread evicting([&] { EXPECT_FALSE(memory.Reserve(account, 1)); });
  ASSERT_TRUE(gate.AwaitReached());
  EXPECT_TRUE(ComesThrough(
      [&] {
        const auto entry = NewEntry();
        memory.Add(other, entry, Placement::Host());
        // The account's own additions go on, too.
        memory.Add(account, entry, Placement::Host());
        const auto taken = memory.Reserve(other, 10);
        EXPECT_THAT(taken, IsOk());
        EXPECT_FALSE(memory.Reserve(other, 1));
      },
      [&] { gate.Open(); }));
}

}  // namespace
}  // namespace namesake
