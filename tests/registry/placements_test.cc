// The graphs of one model in several placements.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>
#include <vector>

#include "registry/registry_fixture.h"
#include "support/gate.h"

namespace namesake {
namespace {

using std::chrono::milliseconds;
using test::Fails;
using test::FailsInDetail;
using test::IsOk;
using test::Key;

const Placement kProcess = Placement::Host();
const Placement kHost = Placement::Host(Isolation::kTenant);
const Placement kA = Placement::Tenant(1, Isolation::kTenant);
const Placement kB = Placement::Tenant(2, Isolation::kTenant);

// Models of the host, whose tenants have workers.
class PlacementsTest : public test::RegistryFixture {
 protected:
  PlacementsTest() { Make(); }

  Registration OfHost(Model model, LoadMode load = LoadMode::kEager) const {
    Registration registration = Of(std::move(model), load);
    registration.placement = kHost;
    return registration;
  }
  void Add(std::string_view name, Model model, LoadMode load = LoadMode::kEager) {
    ASSERT_THAT(registry_->Register(Key(name), OfHost(std::move(model), load)), IsOk());
  }
  Result<void> Replace(std::string_view name, Model model, LoadMode load = LoadMode::kEager,
                       Deadline deadline = Deadline::Never()) {
    return registry_->Replace(Key(name), OfHost(std::move(model), load), deadline);
  }
  Result<Lease> Acquire(std::string_view name, const Placement& user,
                        Deadline deadline = Deadline::Never()) {
    return registry_->Acquire(Key(name), user, deadline);
  }
  ModelState StateFor(const Placement& user, std::string_view name = "m") {
    return registry_->Status(Key(name), user)->state;
  }
  // Returns the shape of the model's input in that placement.
  std::string Shape(const Placement& user) {
    const auto lease = Acquire("m", user);
    return lease ? ShapeText(lease->graph().inputs().at(0)) : lease.error().detail();
  }
  int LoadsFor(const Placement& placement) const { return counters_.loads_for.Of(placement); }
  std::uint64_t Used(Resource resource) const { return account_->used(resource); }
};

Model With(Model model, Isolation isolation) {
  model.isolation = isolation;
  return model;
}

TEST_F(PlacementsTest, EachUserWithAWorkerHasAGraphOfItsOwn) {
  Make(1);
  Add("m", fake::NewModel("io u8 1"));
  const auto a = Acquire("m", kA);
  const auto again = Acquire("m", kA);
  const auto b = Acquire("m", kB);
  ASSERT_THAT(b, IsOk());
  EXPECT_EQ(&a->graph(), &again->graph());
  EXPECT_NE(&a->graph(), &b->graph());
  EXPECT_EQ(LoadsFor(kA), 1);
  EXPECT_EQ(LoadsFor(kB), 1);
  EXPECT_EQ(counters_.loads, 2);
  EXPECT_EQ(a->placement(), kA);
  EXPECT_EQ(b->placement(), kB);
  // The model counts once, and its bytes for each placement that holds them.
  EXPECT_EQ(Used(Resource::kModels), 1U);
  EXPECT_EQ(Used(Resource::kModelBytes), 14U);
}

TEST_F(PlacementsTest, UsersInTheProcessShareOne) {
  Add("m", fake::NewModel("io u8 1"));
  const auto process = Acquire("m", kProcess);
  const auto a = Acquire("m", kA.with(Isolation::kProcess));
  const auto worker = Acquire("m", kA);
  ASSERT_THAT(worker, IsOk());
  EXPECT_EQ(&process->graph(), &a->graph());
  EXPECT_NE(&process->graph(), &worker->graph());
  EXPECT_EQ(counters_.loads, 2);
}

TEST_F(PlacementsTest, UsersOfTheHostsWorkerShareOne) {
  Add("m", With(fake::NewModel("io u8 1"), Isolation::kHost));
  const auto a = Acquire("m", kA);
  const auto b = Acquire("m", kB);
  ASSERT_THAT(b, IsOk());
  EXPECT_EQ(&a->graph(), &b->graph());
  EXPECT_EQ(counters_.loads, 1);
  // Their contexts are made for each of them all the same.
  EXPECT_EQ(a->placement().with(Isolation::kTenant), kA);
  EXPECT_EQ(b->placement().with(Isolation::kTenant), kB);
  EXPECT_EQ(registry_->Status(Key("m"), kB)->isolation, Isolation::kHost);
}

// What a guest supplies or chooses is in its tenant's own worker.
TEST_F(PlacementsTest, NothingOfAGuestsIsInTheHostsWorker) {
  const Placement user = kA.with(Isolation::kHost);
  Model supplied = fake::NewModel("io u8 1");
  supplied.origin = Origin::kGuest;
  Registration registration = Of(supplied);
  registration.placement = user;
  const auto loaded = registry_->Load(std::move(registration), nullptr, Deadline::Never());
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->placement(), kA);
  Add("m", With(fake::NewModel("io u8 1"), Isolation::kHost));
  const ModelKey key = Key("m");
  const ModelKey* const keys[] = {&key};
  const auto variant = registry_->AcquireVariant(
      keys, {{"threads", "1"}}, {.account = account_, .placement = user}, Deadline::Never());
  ASSERT_THAT(variant, IsOk());
  EXPECT_EQ(variant->placement(), kA);
}

TEST_F(PlacementsTest, AModelsOwnIsolationCountsMost) {
  Add("process", With(fake::NewModel("io u8 1"), Isolation::kProcess));
  Add("tenant", With(fake::NewModel("io u8 1"), Isolation::kTenant));
  const auto a = Acquire("process", kA);
  const auto b = Acquire("process", kB);
  ASSERT_THAT(b, IsOk());
  EXPECT_EQ(&a->graph(), &b->graph());
  EXPECT_EQ(a->placement(), kProcess);
  EXPECT_EQ(LoadsFor(kProcess), 1);
  const auto isolated = Acquire("tenant", kB.with(Isolation::kProcess));
  ASSERT_THAT(isolated, IsOk());
  EXPECT_EQ(isolated->placement(), kB);
  EXPECT_EQ(LoadsFor(kB), 1);
  EXPECT_EQ(registry_->Status(Key("process"), kA)->isolation, Isolation::kProcess);
  EXPECT_EQ(registry_->Status(Key("tenant"), kProcess)->isolation, Isolation::kTenant);
}

TEST_F(PlacementsTest, AllWhoAskForOnePlacementShareItsLoad) {
  Add("slow", fake::NewModel("io u8 1\nload_waits"));
  std::atomic<int> served = 0;
  std::latch start(32);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 32; ++i) {
      threads.emplace_back([&, i] {
        start.arrive_and_wait();
        if (Acquire("slow", i % 2 == 0 ? kA : kB)) ++served;
      });
    }
    // Neither waits for the other.
    EXPECT_TRUE(counters_.loading.AwaitWaiting(2));
    counters_.loading.Open();
  }
  EXPECT_EQ(served, 32);
  EXPECT_EQ(LoadsFor(kA), 1);
  EXPECT_EQ(LoadsFor(kB), 1);
}

TEST_F(PlacementsTest, HaveStatesOfTheirOwn) {
  Add("m", fake::NewModel("io u8 1"));
  EXPECT_EQ(StateFor(kA), ModelState::kRegistered);
  ASSERT_THAT(Acquire("m", kA), IsOk());
  EXPECT_EQ(StateFor(kA), ModelState::kReady);
  EXPECT_EQ(StateFor(kB), ModelState::kRegistered);
  EXPECT_EQ(StateFor(kProcess), ModelState::kRegistered);
  EXPECT_EQ(registry_->List(Scope::Host(), kA).at(0).model_bytes, 7U);
  EXPECT_EQ(registry_->List(Scope::Host(), kB).at(0).model_bytes, 0U);
}

TEST_F(PlacementsTest, AFailureIsThatOfOne) {
  Add("m", fake::NewModel("io u8 1"));
  loader_->RefuseIn(kA);
  const auto refused = Fails(ErrorCode::kRuntimeError, "refused in this placement");
  EXPECT_THAT(Acquire("m", kA), refused);
  EXPECT_THAT(Acquire("m", kB), IsOk());
  EXPECT_EQ(StateFor(kA), ModelState::kFailed);
  EXPECT_EQ(registry_->Status(Key("m"), kA)->failure, "refused in this placement");
  EXPECT_EQ(StateFor(kB), ModelState::kReady);
  EXPECT_EQ(registry_->Status(Key("m"), kB)->failure, "");
  // It is remembered, and then tried again.
  loader_->RefuseIn(std::nullopt);
  EXPECT_THAT(Acquire("m", kA), refused);
  now_ += 5;
  EXPECT_THAT(Acquire("m", kA), IsOk());
}

TEST_F(PlacementsTest, AModelInMemoryKeepsItsBytesForFurtherUsers) {
  Add("shared", fake::NewModel("io u8 1"));
  Add("process", With(fake::NewModel("io u8 1"), Isolation::kProcess));
  ASSERT_THAT(registry_->Register(
                  Key("own", Scope::Tenant(1)),
                  {.model = fake::NewModel("io u8 1"), .account = account_, .placement = kA}),
              IsOk());
  const auto variant = [&](const ModelKey& key) {
    const ModelKey* const keys[] = {&key};
    return registry_->AcquireVariant(keys, {{"threads", "1"}},
                                     {.account = account_, .placement = kA}, Deadline::Never());
  };
  const auto gone = Fails(ErrorCode::kUnsupported, testing::_);
  ASSERT_THAT(Acquire("shared", kA), IsOk());
  EXPECT_THAT(variant(Key("shared")), IsOk());
  // There is no further user of these.
  ASSERT_THAT(Acquire("process", kA), IsOk());
  EXPECT_THAT(variant(Key("process")), gone);
  const ModelKey own = Key("own", Scope::Tenant(1));
  ASSERT_THAT(registry_->Acquire(own, kA, Deadline::Never()), IsOk());
  EXPECT_THAT(variant(own), gone);
  EXPECT_THAT(registry_->Acquire(own, kB, Deadline::Never()),
              Fails(ErrorCode::kUnsupported,
                    "the model was given as bytes, which the host has not kept for another user"));
}

TEST_F(PlacementsTest, EachIsEvictedAlone) {
  Make(std::nullopt, 14);
  Add("m", fake::NewModel("io u8 1"), LoadMode::kLazy);
  Add("n", fake::NewModel("io u8 2"), LoadMode::kLazy);
  ASSERT_THAT(Acquire("m", kA), IsOk());
  ++now_;
  const auto used = Acquire("m", kB);
  ++now_;
  ASSERT_THAT(Acquire("n", kB), IsOk());
  EXPECT_EQ(StateFor(kA), ModelState::kRegistered);
  EXPECT_EQ(StateFor(kB), ModelState::kReady);
  EXPECT_EQ(Used(Resource::kModelBytes), 14U);
  EXPECT_EQ(counters_.graphs, 2);
  // The next lookup of A's evicts what nobody uses.
  ASSERT_THAT(Acquire("m", kA), IsOk());
  EXPECT_EQ(StateFor(kB, "n"), ModelState::kRegistered);
  EXPECT_EQ(LoadsFor(kA), 2);
}

TEST_F(PlacementsTest, UnregisteringEndsAll) {
  Add("m", fake::NewModel("io u8 1"));
  ASSERT_THAT(Acquire("m", kA), IsOk());
  ASSERT_THAT(Acquire("m", kProcess), IsOk());
  {
    const auto used = Acquire("m", kB);
    ASSERT_THAT(registry_->Unregister(Key("m"), Origin::kOperator), IsOk());
    EXPECT_EQ(counters_.graphs, 1);
    EXPECT_EQ(Used(Resource::kModelBytes), 7U);
    EXPECT_EQ(Used(Resource::kModels), 1U);
  }
  EXPECT_EQ(counters_.graphs, 0);
  EXPECT_EQ(Used(Resource::kModelBytes), 0U);
  EXPECT_EQ(Used(Resource::kModels), 0U);
}

TEST_F(PlacementsTest, AReplacementLoadsWhereTheOldOneIs) {
  for (const LoadMode load : {LoadMode::kEager, LoadMode::kLazy}) {
    Make(1);
    const int before_a = LoadsFor(kA);
    const int before = counters_.loads;
    Add("m", fake::NewModel("io u8 1"), load);
    ASSERT_THAT(Acquire("m", kA), IsOk());
    ASSERT_THAT(Acquire("m", kB), IsOk());
    ASSERT_THAT(Replace("m", fake::NewModel("io u8 2"), load), IsOk());
    EXPECT_EQ(counters_.loads, before + 4);
    EXPECT_EQ(StateFor(kA), ModelState::kReady);
    EXPECT_EQ(StateFor(kB), ModelState::kReady);
    EXPECT_EQ(StateFor(kProcess), ModelState::kRegistered);
    EXPECT_EQ(Shape(kA), "[2]");
    EXPECT_EQ(LoadsFor(kA), before_a + 2);
    EXPECT_EQ(counters_.graphs, 2);
    EXPECT_EQ(Used(Resource::kModelBytes), 14U);
    EXPECT_EQ(Used(Resource::kModels), 1U);
  }
}

TEST_F(PlacementsTest, AReplacementThatNobodyUsesIsLoadedOnlyForItsOwner) {
  Add("hosts", fake::NewModel("io u8 1"));
  ASSERT_THAT(Replace("hosts", fake::NewModel("io u8 2")), IsOk());
  EXPECT_EQ(counters_.loads, 0);
  Add("process", With(fake::NewModel("io u8 1"), Isolation::kProcess));
  ASSERT_THAT(Replace("process", With(fake::NewModel("io u8 2"), Isolation::kProcess)), IsOk());
  EXPECT_EQ(LoadsFor(kProcess), 1);
  const ModelKey own = Key("own", Scope::Tenant(1));
  ASSERT_THAT(registry_->Register(
                  own, {.model = fake::NewModel("io u8 1"), .account = account_, .placement = kA}),
              IsOk());
  ASSERT_THAT(registry_->Replace(
                  own, {.model = fake::NewModel("io u8 2"), .account = account_, .placement = kA},
                  Deadline::Never()),
              IsOk());
  EXPECT_EQ(LoadsFor(kA), 1);
  EXPECT_EQ(counters_.loads, 2);
}

TEST_F(PlacementsTest, AReplacementWithAnotherIsolationIsLoadedByItsUsers) {
  Add("m", fake::NewModel("io u8 1"), LoadMode::kLazy);
  ASSERT_THAT(Acquire("m", kA), IsOk());
  ASSERT_THAT(Replace("m", With(fake::NewModel("io u8 2"), Isolation::kProcess), LoadMode::kLazy),
              IsOk());
  EXPECT_EQ(counters_.loads, 1);
  EXPECT_EQ(Shape(kA), "[2]");
  EXPECT_EQ(LoadsFor(kProcess), 1);
}

// A tenant's worker can't keep the others from the new model.
TEST_F(PlacementsTest, AReplacementThatLoadsForSomeoneIsMade) {
  Add("m", fake::NewModel("io u8 1"));
  ASSERT_THAT(Acquire("m", kA), IsOk());
  ASSERT_THAT(Acquire("m", kB), IsOk());
  loader_->RefuseIn(kA);
  ASSERT_THAT(Replace("m", fake::NewModel("io u8 2")), IsOk());
  EXPECT_EQ(Shape(kB), "[2]");
  EXPECT_EQ(Shape(kA), "refused in this placement");
  loader_->RefuseIn(std::nullopt);
  now_ += 5;
  EXPECT_EQ(Shape(kA), "[2]");
}

TEST_F(PlacementsTest, AReplacementThatLoadsForNobodyIsNotMade) {
  Add("m", fake::NewModel("io u8 1"));
  ASSERT_THAT(Acquire("m", kA), IsOk());
  ASSERT_THAT(Acquire("m", kB), IsOk());
  EXPECT_THAT(Replace("m", fake::NewModel("fail_load no")),
              FailsInDetail(ErrorCode::kRuntimeError, "no"));
  EXPECT_EQ(Shape(kA), "[1]");
  EXPECT_EQ(Shape(kB), "[1]");
  EXPECT_EQ(Used(Resource::kModelBytes), 14U);
}

TEST_F(PlacementsTest, AReplacementThatFailsInTheProcessIsNotMade) {
  Add("m", fake::NewModel("io u8 1"));
  ASSERT_THAT(Acquire("m", kA), IsOk());
  ASSERT_THAT(Acquire("m", kProcess), IsOk());
  loader_->RefuseIn(kProcess);
  EXPECT_THAT(Replace("m", fake::NewModel("io u8 2")),
              Fails(ErrorCode::kRuntimeError, "refused in this placement"));
  EXPECT_EQ(Shape(kA), "[1]");
  EXPECT_EQ(Shape(kProcess), "[1]");
}

TEST_F(PlacementsTest, AReplacementThatTimesOutLeavesNothing) {
  Add("m", fake::NewModel("io u8 1"));
  ASSERT_THAT(Acquire("m", kA), IsOk());
  ASSERT_THAT(Acquire("m", kB), IsOk());
  EXPECT_THAT(Replace("m", fake::NewModel("io u8 22\nload_waits"), LoadMode::kEager,
                      Deadline::After(milliseconds(1))),
              Fails(ErrorCode::kTimeout, "the model is still loading"));
  counters_.loading.Open();
  ASSERT_TRUE(registry_->AwaitLoads(Deadline::Never()));
  EXPECT_EQ(Shape(kA), "[1]");
  EXPECT_EQ(Used(Resource::kModelBytes), 14U);
  EXPECT_EQ(counters_.graphs, 2);
}

TEST_F(PlacementsTest, AReplacementThatTimesOutLeavesItsTurnToOthers) {
  AccountLimits limits;
  limits.max_loads = 1;
  account_ = Account::Make("the test", limits);
  Add("m", fake::NewModel("io u8 1"));
  Add("n", fake::NewModel("io u8 2"));
  ASSERT_THAT(Acquire("m", kA), IsOk());
  EXPECT_THAT(Replace("m", fake::NewModel("io u8 3\nload_waits"), LoadMode::kEager,
                      Deadline::After(milliseconds(1))),
              Fails(ErrorCode::kTimeout, testing::_));
  EXPECT_THAT(Acquire("n", kA, Deadline::After(std::chrono::seconds(10))), IsOk());
}

// The eager models that a tenant sees all load when it begins to work.
TEST_F(PlacementsTest, AWorkerLoadsTwoOfTheHostsModelsAtOnceUnlessTheLimitSaysOtherwise) {
  for (const std::string name : {"m", "n", "o"}) {
    Add(name, fake::NewModel("io u8 " + std::to_string(name[0]) + "\nload_waits"));
    registry_->Prefetch(Key(name), kA);
  }
  EXPECT_TRUE(counters_.loading.AwaitWaiting(2));
  EXPECT_EQ(LoadsFor(kA), 2);
  // Nobody else waits for them.
  registry_->Prefetch(Key("m"), kB);
  registry_->Prefetch(Key("m"), kProcess);
  EXPECT_TRUE(counters_.loading.AwaitWaiting(4));
  EXPECT_EQ(LoadsFor(kA), 2);
  counters_.loading.Open();
  ASSERT_TRUE(registry_->AwaitLoads(Deadline::Never()));
  EXPECT_EQ(LoadsFor(kA), 3);
}

// Placements come and go while the model is replaced and evicted; nothing is left over.
TEST_F(PlacementsTest, LeaveNothingInWhateverOrderTheyAreUsed) {
  Make(std::nullopt, 40);
  const std::vector<Placement> users = {kProcess, kA, kB};
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 6; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 100; ++i) {
          const Placement& user = users[static_cast<std::size_t>(i + thread) % users.size()];
          const LoadMode mode = i % 3 == 0 ? LoadMode::kEager : LoadMode::kLazy;
          switch ((i + 2 * thread) % 5) {
            case 0:
              static_cast<void>(
                  registry_->Register(Key("m"), OfHost(fake::NewModel("io u8 1"), mode)));
              break;
            case 1:
              static_cast<void>(Replace("m", fake::NewModel("io u8 2"), mode));
              break;
            case 2:
              static_cast<void>(registry_->Unregister(Key("m"), Origin::kOperator));
              break;
            case 3:
              registry_->Prefetch(Key("m"), user);
              break;
            default:
              static_cast<void>(Acquire("m", user));
          }
        }
      });
    }
  }
  static_cast<void>(registry_->Unregister(Key("m"), Origin::kOperator));
  ASSERT_TRUE(registry_->AwaitLoads(Deadline::Never()));
  EXPECT_EQ(Used(Resource::kModels), 0U);
  EXPECT_EQ(Used(Resource::kModelBytes), 0U);
  EXPECT_EQ(counters_.graphs, 0);
}

}  // namespace
}  // namespace namesake
