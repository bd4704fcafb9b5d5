// Replacing, unregistering, evicting and sharing a registry's models.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
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

class RegistryLifeTest : public test::RegistryFixture {
 protected:
  Result<void> Replace(const ModelKey& key, Model model, LoadMode load = LoadMode::kEager,
                       Deadline deadline = Deadline::Never()) {
    return registry_->Replace(key, Of(std::move(model), load), deadline);
  }
  // Returns the shape of the named model's input.
  std::string Shape(std::string_view name) {
    const auto lease = registry_->Acquire(Key(name), Placement::Host(), Deadline::Never());
    return lease ? ShapeText(lease->graph().inputs().at(0)) : lease.error().detail();
  }
  std::uint64_t Used(Resource resource) const { return account_->used(resource); }
  static void End(Result<Lease>& lease) {
    lease = std::unexpected(Error(ErrorCode::kNotFound, "ended"));
  }
};

TEST_F(RegistryLifeTest, AReplacedGraphEndsWithItsLastLease) {
  Make(1);
  ASSERT_THAT(Register(Key("m"), fake::NewModel("io u8 1")), IsOk());
  auto old = registry_->Acquire(Key("m"), Placement::Host(), Deadline::Never());
  // The two share one slot and never count as two.
  ASSERT_THAT(Replace(Key("m"), fake::NewModel("io u8 22")), IsOk());
  EXPECT_EQ(Shape("m"), "[22]");
  EXPECT_EQ(ShapeText(old->graph().inputs().at(0)), "[1]");
  EXPECT_EQ(Used(Resource::kModelBytes), 7U + 8U);
  EXPECT_EQ(Used(Resource::kModels), 1U);
  End(old);
  EXPECT_EQ(counters_.graphs, 1);
  EXPECT_EQ(Used(Resource::kModelBytes), 8U);
  ASSERT_THAT(registry_->Unregister(Key("m"), Origin::kOperator), IsOk());
  EXPECT_EQ(Used(Resource::kModelBytes), 0U);
  EXPECT_EQ(Used(Resource::kModels), 0U);
}

TEST_F(RegistryLifeTest, NoLookupFailsWhileAModelIsReplaced) {
  Make();
  ASSERT_THAT(Register(Key("m"), fake::NewModel("io u8 1")), IsOk());
  std::atomic<bool> ended = false;
  std::atomic<int> served = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        while (!ended) {
          const auto lease = registry_->Acquire(Key("m"), Placement::Host(), Deadline::Never());
          ASSERT_THAT(lease, IsOk());
          const auto context = lease->graph().NewContext(Placement::Host());
          ASSERT_THAT(context, IsOk());
          const std::byte data{1};
          const std::vector<std::uint64_t> dims = {1};
          ASSERT_THAT((*context)->SetInput(
                          0, {.type = ElementType::kU8, .dims = dims, .data = std::span(&data, 1)}),
                      IsOk());
          ASSERT_THAT((*context)->Compute(Deadline::Never()), IsOk());
          ++served;
        }
      });
    }
    for (int i = 0; i < 20; ++i) {
      const int before = served;
      EXPECT_THAT(Replace(Key("m"), fake::NewModel("io u8 1"),
                          i % 2 == 0 ? LoadMode::kEager : LoadMode::kLazy),
                  IsOk());
      EXPECT_TRUE(test::Eventually([&] { return served > before; }));
    }
    ended = true;
  }
  EXPECT_GT(served, 0);
  EXPECT_EQ(counters_.graphs, 1);
  EXPECT_EQ(Used(Resource::kModels), 1U);
}

TEST_F(RegistryLifeTest, AReplacementThatFailsLeavesTheOld) {
  Make(std::nullopt, 10);
  EXPECT_THAT(Replace(Key("m"), fake::NewModel("")),
              Fails(ErrorCode::kNotFound, "no model is named \"m\""));
  ASSERT_THAT(Register(Key("m"), fake::NewModel("io u8 1")), IsOk());
  EXPECT_EQ(Shape("m"), "[1]");
  EXPECT_THAT(Replace(Key("m"), fake::NewModel("fail_load no")),
              Fails(ErrorCode::kTooLarge, testing::_));
  EXPECT_THAT(Replace(Key("m"), fake::NewModel("x")),
              Fails(ErrorCode::kRuntimeError, "not a line of a fake model: \"x\""));
  EXPECT_EQ(Shape("m"), "[1]");
  EXPECT_EQ(Used(Resource::kModels), 1U);
  EXPECT_EQ(Used(Resource::kModelBytes), 7U);
}

TEST_F(RegistryLifeTest, AReplacementThatTakesTooLongLeavesTheOld) {
  Make();
  ASSERT_THAT(Register(Key("m"), fake::NewModel("io u8 1")), IsOk());
  EXPECT_THAT(Replace(Key("m"), fake::NewModel("io u8 2\nload_waits"), LoadMode::kEager,
                      Deadline::After(milliseconds(1))),
              Fails(ErrorCode::kTimeout, "the model is still loading"));
  EXPECT_EQ(Shape("m"), "[1]");
  EXPECT_TRUE(counters_.loading.AwaitWaiting());
  counters_.loading.Open();
  EXPECT_TRUE(test::Eventually([&] { return Used(Resource::kModelBytes) == 7; }));
  EXPECT_EQ(Shape("m"), "[1]");
  EXPECT_TRUE(test::Eventually([&] { return counters_.graphs == 1; }));
}

TEST_F(RegistryLifeTest, ALazyModelThatIsNotInMemoryIsExchangedWithoutALoad) {
  Make();
  ASSERT_THAT(Register(Key("m"), fake::NewModel("io u8 1"), LoadMode::kLazy), IsOk());
  ASSERT_THAT(Replace(Key("m"), fake::NewModel("io u8 2"), LoadMode::kLazy), IsOk());
  EXPECT_EQ(counters_.loads, 0);
  EXPECT_EQ(Shape("m"), "[2]");
  // If the old model is in memory, the new one becomes ready before the old one goes.
  ASSERT_THAT(Replace(Key("m"), fake::NewModel("io u8 3"), LoadMode::kLazy), IsOk());
  EXPECT_EQ(counters_.loads, 2);
  EXPECT_EQ(StateOf("m"), ModelState::kReady);
}

TEST_F(RegistryLifeTest, OfTwoReplacementsTheOneThatBeganLastStays) {
  Make();
  ASSERT_THAT(Register(Key("m"), fake::NewModel("io u8 1")), IsOk());
  {
    const std::jthread first(
        [&] { EXPECT_THAT(Replace(Key("m"), fake::NewModel("io u8 2\nload_waits")), IsOk()); });
    EXPECT_TRUE(counters_.loading.AwaitWaiting());
    EXPECT_THAT(Replace(Key("m"), fake::NewModel("io u8 3")), IsOk());
    EXPECT_EQ(Shape("m"), "[3]");
    counters_.loading.Open();
  }
  EXPECT_EQ(Shape("m"), "[3]");
  EXPECT_EQ(Used(Resource::kModels), 1U);
  EXPECT_EQ(counters_.graphs, 1);
}

TEST_F(RegistryLifeTest, AModelTakenAwayMeanwhileIsNotReplaced) {
  Make();
  ASSERT_THAT(Register(Key("m"), fake::NewModel("io u8 1")), IsOk());
  {
    const std::jthread replacing([&] {
      EXPECT_THAT(Replace(Key("m"), fake::NewModel("io u8 2\nload_waits")),
                  Fails(ErrorCode::kNotFound, "no model is named \"m\""));
    });
    EXPECT_TRUE(counters_.loading.AwaitWaiting());
    EXPECT_THAT(registry_->Unregister(Key("m"), Origin::kOperator), IsOk());
    counters_.loading.Open();
  }
  EXPECT_EQ(registry_->Status(Key("m"), Placement::Host()), std::nullopt);
  EXPECT_EQ(Used(Resource::kModels), 0U);
  EXPECT_EQ(Used(Resource::kModelBytes), 0U);
  EXPECT_EQ(counters_.graphs, 0);
}

TEST_F(RegistryLifeTest, WhoWaitsForAModelThatIsTakenAwayGetsItAndTheNameIsFree) {
  Make();
  ASSERT_THAT(Register(Key("m"), fake::NewModel("io u8 1\nload_waits")), IsOk());
  {
    const std::jthread waiting([&] {
      const auto lease = registry_->Acquire(Key("m"), Placement::Host(), Deadline::Never());
      ASSERT_THAT(lease, IsOk());
      EXPECT_EQ(ShapeText(lease->graph().inputs().at(0)), "[1]");
    });
    EXPECT_TRUE(counters_.loading.AwaitWaiting());
    EXPECT_THAT(registry_->Unregister(Key("m"), Origin::kOperator), IsOk());
    EXPECT_THAT(registry_->Unregister(Key("m"), Origin::kOperator),
                Fails(ErrorCode::kNotFound, "no model is named \"m\""));
    EXPECT_THAT(registry_->Acquire(Key("m"), Placement::Host(), Deadline::Never()),
                Fails(ErrorCode::kNotFound, "no model is named \"m\""));
    EXPECT_THAT(Register(Key("m"), fake::NewModel("io u8 2")), IsOk());
    EXPECT_EQ(Shape("m"), "[2]");
    counters_.loading.Open();
  }
  EXPECT_EQ(Shape("m"), "[2]");
  EXPECT_EQ(counters_.graphs, 1);
  EXPECT_EQ(Used(Resource::kModels), 1U);
}

TEST_F(RegistryLifeTest, AGuestTakesAwayOnlyWhatAGuestBrought) {
  Make();
  Model guests = fake::NewModel("io u8 1");
  guests.origin = Origin::kGuest;
  ASSERT_THAT(Register(Key("guests"), std::move(guests)), IsOk());
  ASSERT_THAT(Register(Key("operators"), fake::NewModel("io u8 1")), IsOk());
  EXPECT_THAT(registry_->Unregister(Key("operators"), Origin::kGuest),
              Fails(ErrorCode::kSecurity,
                    "\"operators\" is the operator's model, which a guest can't unregister"));
  EXPECT_THAT(registry_->Unregister(Key("guests"), Origin::kGuest), IsOk());
  EXPECT_EQ(registry_->List(Scope::Host(), Placement::Host()).size(), 1U);
}

// Has room for two models.
class EvictionTest : public RegistryLifeTest {
 protected:
  EvictionTest() { Make(std::nullopt, 14); }
  void RegisterLazy(std::string_view name, std::string_view text) {
    ASSERT_THAT(Register(Key(name), fake::NewModel(text), LoadMode::kLazy), IsOk());
  }
  // Uses a model, one second after the last use.
  void Use(std::string_view name) {
    ++now_;
    EXPECT_THAT(registry_->Acquire(Key(name), Placement::Host(), Deadline::Never()), IsOk());
  }
};

TEST_F(EvictionTest, TakesWhatWasUsedLeastRecently) {
  RegisterLazy("a", "io u8 1");
  RegisterLazy("b", "io u8 2");
  RegisterLazy("c", "io u8 3");
  Use("a");
  Use("b");
  Use("a");
  Use("c");
  EXPECT_EQ(StateOf("a"), ModelState::kReady);
  EXPECT_EQ(StateOf("b"), ModelState::kRegistered);
  EXPECT_EQ(StateOf("c"), ModelState::kReady);
  EXPECT_EQ(counters_.graphs, 2);
  EXPECT_EQ(Used(Resource::kModelBytes), 14U);
  // The next lookup loads it again.
  Use("b");
  EXPECT_EQ(StateOf("a"), ModelState::kRegistered);
  EXPECT_EQ(counters_.loads, 4);
}

TEST_F(EvictionTest, TakesNothingThatIsInUseOrEager) {
  RegisterLazy("used", "io u8 1");
  ASSERT_THAT(Register(Key("eager"), fake::NewModel("io u8 2")), IsOk());
  RegisterLazy("c", "io u8 3");
  auto lease = registry_->Acquire(Key("used"), Placement::Host(), Deadline::Never());
  Use("eager");
  const auto used_up = Fails(
      ErrorCode::kResourceExhausted,
      "the limit max_total_model_bytes = 14 B of the test is used up (14 B in use, 7 B requested)");
  EXPECT_THAT(registry_->Acquire(Key("c"), Placement::Host(), Deadline::Never()), used_up);
  EXPECT_THAT(registry_->ReserveModelBytes(account_, 7), used_up);
  EXPECT_EQ(StateOf("used"), ModelState::kReady);
  EXPECT_EQ(StateOf("eager"), ModelState::kReady);
  End(lease);
  EXPECT_THAT(registry_->ReserveModelBytes(account_, 7), IsOk());
  EXPECT_EQ(StateOf("used"), ModelState::kRegistered);
}

// Otherwise a request that can never fit would evict everybody's models.
TEST_F(EvictionTest, TakesNothingForWhatCantFitAnyway) {
  RegisterLazy("a", "io u8 1");
  Use("a");
  EXPECT_THAT(registry_->ReserveModelBytes(account_, 15), Fails(ErrorCode::kTooLarge, testing::_));
  EXPECT_EQ(StateOf("a"), ModelState::kReady);
  EXPECT_THAT(registry_->ReserveModelBytes(account_, 14), IsOk());
  EXPECT_EQ(StateOf("a"), ModelState::kRegistered);
}

TEST_F(EvictionTest, TakesNothingOfAnotherAccount) {
  AccountLimits limits;
  limits.total(Resource::kModelBytes) = 14;
  const auto above = Account::Make("both", limits);
  const auto mine = Account::Make("mine", {}, above);
  const auto other = Account::Make("other", {}, above);
  ASSERT_THAT(registry_->Register(Key("m"), {.model = fake::NewModel("io u8 1"),
                                             .load = LoadMode::kLazy,
                                             .account = mine,
                                             .placement = Placement::Host()}),
              IsOk());
  Use("m");
  EXPECT_THAT(
      registry_->ReserveModelBytes(other, 8),
      Fails(
          ErrorCode::kResourceExhausted,
          "the limit max_total_model_bytes = 14 B of both is used up (7 B in use, 8 B requested)"));
  EXPECT_EQ(StateOf("m"), ModelState::kReady);
  EXPECT_THAT(registry_->ReserveModelBytes(mine, 8), IsOk());
  EXPECT_EQ(StateOf("m"), ModelState::kRegistered);
}

Model GuestsModel(std::string_view text) {
  Model model = fake::NewModel(text);
  model.origin = Origin::kGuest;
  return model;
}

TEST_F(RegistryLifeTest, TheSameBytesAreOneGraphWithinAnAccount) {
  Make(1);
  auto first = LoadUnnamed(GuestsModel("io u8 1"));
  auto second = LoadUnnamed(GuestsModel("io u8 1"));
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(&first->graph(), &second->graph());
  EXPECT_EQ(Used(Resource::kModels), 1U);
  EXPECT_EQ(Used(Resource::kModelBytes), 7U);
  const auto other = Account::Make("other", {});
  const auto third = registry_->Load(
      {.model = GuestsModel("io u8 1"), .account = other, .placement = Placement::Host()}, nullptr,
      Deadline::Never());
  ASSERT_THAT(third, IsOk());
  EXPECT_NE(&first->graph(), &third->graph());
  End(first);
  EXPECT_EQ(Used(Resource::kModels), 1U);
  End(second);
  EXPECT_EQ(Used(Resource::kModels), 0U);
  EXPECT_EQ(other->used(Resource::kModels), 1U);
  // Once it is gone, the next load starts afresh.
  EXPECT_THAT(LoadUnnamed(GuestsModel("io u8 1")), IsOk());
  EXPECT_EQ(counters_.loads, 3);
}

TEST_F(RegistryLifeTest, BytesThatDifferInWhateverDecidesTheGraphAreNotShared) {
  Make();
  const Model plain = GuestsModel("io u8 1");
  Model target = plain;
  target.target = Target::kAuto;
  Model options = plain;
  options.options = {{"threads", "1"}};
  // The same bytes, split at another place.
  Model cut = GuestsModel("io u");
  std::get<ModelBytes>(cut.source)
      .parts.push_back(std::get<ModelBytes>(fake::NewModel("8 1").source).parts.at(0));
  std::vector<Lease> leases;
  for (const Model& model : {plain, target, options, cut}) {
    auto lease = LoadUnnamed(model);
    ASSERT_THAT(lease, IsOk());
    leases.push_back(*std::move(lease));
  }
  EXPECT_EQ(counters_.loads, 4);
}

TEST_F(RegistryLifeTest, VariantsAreSharedByThoseWhoAskForTheSame) {
  Make();
  ASSERT_THAT(Register(Key("m"), fake::NewModel("io u8 1"), LoadMode::kLazy), IsOk());
  const ModelKey key = Key("m");
  const ModelKey* const keys[] = {&key};
  const auto variant = [&](std::string threads, const std::shared_ptr<Account>& account) {
    return registry_->AcquireVariant(keys, {{"threads", std::move(threads)}},
                                     {.account = account, .placement = Placement::Host()},
                                     Deadline::Never());
  };
  const auto one = variant("1", account_);
  const auto same = variant("1", account_);
  const auto other = variant("2", account_);
  ASSERT_THAT(same, IsOk());
  ASSERT_THAT(other, IsOk());
  EXPECT_EQ(&one->graph(), &same->graph());
  EXPECT_NE(&one->graph(), &other->graph());
  EXPECT_EQ(counters_.loads, 2);
  EXPECT_EQ(Used(Resource::kModels), 3U);
  const auto stranger = Account::Make("stranger", {});
  const auto theirs = variant("1", stranger);
  ASSERT_THAT(theirs, IsOk());
  EXPECT_NE(&one->graph(), &theirs->graph());
  EXPECT_EQ(stranger->used(Resource::kModels), 1U);
  // A replaced model gets new variants.
  ASSERT_THAT(Replace(Key("m"), fake::NewModel("io u8 2"), LoadMode::kLazy), IsOk());
  EXPECT_EQ(ShapeText(variant("1", account_)->graph().inputs().at(0)), "[2]");
}

TEST_F(RegistryLifeTest, AVariantNeedsAModelAndItsBytes) {
  Make();
  const ModelKey key = Key("m");
  const ModelKey* const keys[] = {&key};
  const auto variant = [&] {
    return registry_->AcquireVariant(keys, {{"threads", "1"}},
                                     {.account = account_, .placement = Placement::Host()},
                                     Deadline::Never());
  };
  EXPECT_THAT(variant(), Fails(ErrorCode::kNotFound, "no model is named \"m\""));
  Model model = fake::NewModel("io u8 1");
  model.isolation = Isolation::kProcess;  // It needs its bytes for no other load.
  ASSERT_THAT(Register(Key("m"), std::move(model)), IsOk());
  ASSERT_THAT(variant(), IsOk());
  EXPECT_EQ(Shape("m"), "[1]");
  EXPECT_THAT(variant(), Fails(ErrorCode::kUnsupported,
                               "a model that was given as bytes can't be loaded "
                               "again with another configuration"));
  EXPECT_EQ(Used(Resource::kModels), 1U);
}

TEST_F(RegistryLifeTest, AVariantsOptionsStandOverTheModelsOwn) {
  Make();
  BackendOptions seen;
  Origin origin = Origin::kOperator;
  loader_->LoadBy([&](const Model& model) -> Result<std::shared_ptr<const Graph>> {
    seen = model.options;
    origin = model.origin;
    return std::unexpected(Error(ErrorCode::kRuntimeError, "seen"));
  });
  Model model = fake::NewModel("io u8 1");
  model.options = {{"threads", "4"}, {"precision", "bf16"}};
  ASSERT_THAT(Register(Key("m"), std::move(model)), IsOk());
  const ModelKey key = Key("m");
  const ModelKey* const keys[] = {&key};
  EXPECT_THAT(registry_->AcquireVariant(keys, {{"threads", "1"}},
                                        {.account = account_, .placement = Placement::Host()},
                                        Deadline::Never()),
              Fails(ErrorCode::kRuntimeError, "seen"));
  EXPECT_EQ(seen, (BackendOptions{{"precision", "bf16"}, {"threads", "1"}}));
  // The variant's compiled form counts as a guest's.
  EXPECT_EQ(origin, Origin::kGuest);
  EXPECT_EQ(Used(Resource::kModels), 1U);
}

TEST_F(RegistryLifeTest, ALoadWithANameRegistersItWhenItIsLoaded) {
  Make(2);
  const ModelKey key = Key("m");
  const auto load = [&](std::string_view text, const ModelKey& name,
                        Deadline deadline = Deadline::Never()) {
    return registry_->Load(Of(fake::NewModel(text)), &name, deadline);
  };
  EXPECT_THAT(load("fail_load no", key), FailsInDetail(ErrorCode::kRuntimeError, "no"));
  EXPECT_EQ(registry_->Status(key, Placement::Host()), std::nullopt);
  EXPECT_EQ(Used(Resource::kModels), 0U);
  EXPECT_THAT(load("io u8 1\nload_waits", key, Deadline::After(milliseconds(1))),
              Fails(ErrorCode::kTimeout, "the model is still loading"));
  counters_.loading.Open();
  EXPECT_TRUE(test::Eventually([&] { return Used(Resource::kModels) == 0; }));
  EXPECT_EQ(registry_->Status(key, Placement::Host()), std::nullopt);
  ASSERT_THAT(load("io u8 1", key), IsOk());
  EXPECT_EQ(StateOf("m"), ModelState::kReady);
  const int loads = counters_.loads;
  EXPECT_THAT(load("io u8 2", key), Fails(ErrorCode::kInvalidArgument, testing::_));
  EXPECT_EQ(counters_.loads, loads);
  // The same bytes under another name share the graph, but add a name.
  ASSERT_THAT(load("io u8 1", Key("n")), IsOk());
  EXPECT_EQ(counters_.loads, loads);
  EXPECT_EQ(Used(Resource::kModels), 2U);
  EXPECT_THAT(load("io u8 1", Key("o")),
              Fails(ErrorCode::kResourceExhausted,
                    "the limit max_models = 2 of the test is used up (2 in use, 1 requested)"));
  ASSERT_THAT(registry_->Unregister(key, Origin::kOperator), IsOk());
  ASSERT_THAT(registry_->Unregister(Key("n"), Origin::kOperator), IsOk());
  EXPECT_EQ(Used(Resource::kModels), 0U);
  EXPECT_EQ(counters_.graphs, 0);
}

TEST_F(RegistryLifeTest, AModelTakesAPlaceForEachOfItsNamesAndOneWithoutAName) {
  Make(2);
  const auto load_as = [&](std::string_view name) {
    const ModelKey key = Key(name);
    return registry_->Load(Of(fake::NewModel("io u8 1")), &key, Deadline::Never());
  };
  const auto unregister = [&](std::string_view name) {
    return registry_->Unregister(Key(name), Origin::kOperator);
  };
  auto held = LoadUnnamed(fake::NewModel("io u8 1"));
  ASSERT_THAT(held, IsOk());
  EXPECT_EQ(Used(Resource::kModels), 1U);
  ASSERT_THAT(load_as("m"), IsOk());
  EXPECT_EQ(Used(Resource::kModels), 1U);
  ASSERT_THAT(load_as("n"), IsOk());
  EXPECT_EQ(Used(Resource::kModels), 2U);
  // Whichever name goes first, the other keeps its slot.
  ASSERT_THAT(unregister("m"), IsOk());
  EXPECT_EQ(Used(Resource::kModels), 1U);
  ASSERT_THAT(load_as("o"), IsOk());
  EXPECT_EQ(Used(Resource::kModels), 2U);
  EXPECT_THAT(load_as("p"),
              Fails(ErrorCode::kResourceExhausted,
                    "the limit max_models = 2 of the test is used up (2 in use, 1 requested)"));
  ASSERT_THAT(unregister("o"), IsOk());
  ASSERT_THAT(unregister("n"), IsOk());
  EXPECT_EQ(Used(Resource::kModels), 1U);
  EXPECT_EQ(counters_.loads, 1);
  End(held);
  EXPECT_EQ(Used(Resource::kModels), 0U);
}

TEST_F(RegistryLifeTest, AReplacedNameOfSharedBytesKeepsItsPlaceAlone) {
  Make(2);
  const ModelKey m = Key("m");
  const ModelKey n = Key("n");
  ASSERT_THAT(registry_->Load(Of(fake::NewModel("io u8 1")), &m, Deadline::Never()), IsOk());
  ASSERT_THAT(registry_->Load(Of(fake::NewModel("io u8 1")), &n, Deadline::Never()), IsOk());
  ASSERT_THAT(Replace(m, fake::NewModel("io u8 2")), IsOk());
  EXPECT_EQ(Used(Resource::kModels), 2U);
  ASSERT_THAT(registry_->Unregister(n, Origin::kOperator), IsOk());
  EXPECT_EQ(Used(Resource::kModels), 1U);
  ASSERT_THAT(registry_->Unregister(m, Origin::kOperator), IsOk());
  EXPECT_EQ(Used(Resource::kModels), 0U);
}

TEST_F(RegistryLifeTest, AReplacementOfAnotherAccountTakesTheNamesPlaceThere) {
  Make();
  const auto other = Account::Make("other", {});
  ASSERT_THAT(Register(Key("m"), fake::NewModel("io u8 1")), IsOk());
  ASSERT_THAT(
      registry_->Replace(
          Key("m"),
          {.model = fake::NewModel("io u8 2"), .account = other, .placement = Placement::Host()},
          Deadline::Never()),
      IsOk());
  EXPECT_EQ(Used(Resource::kModels), 0U);
  EXPECT_EQ(other->used(Resource::kModels), 1U);
  ASSERT_THAT(registry_->Unregister(Key("m"), Origin::kOperator), IsOk());
  EXPECT_EQ(other->used(Resource::kModels), 0U);
}

TEST_F(RegistryLifeTest, OfTwoLoadsWithOneNameOneGetsIt) {
  Make();
  const ModelKey key = Key("m");
  std::atomic<int> named = 0;
  std::latch start(8);
  {
    std::vector<std::jthread> threads;
    for (int i = 1; i <= 8; ++i) {
      threads.emplace_back([&, i] {
        start.arrive_and_wait();
        if (registry_->Load(Of(fake::NewModel(fmt::format("io u8 {}\nload_waits", i))), &key,
                            Deadline::Never())) {
          ++named;
        }
      });
    }
    EXPECT_TRUE(counters_.loading.AwaitWaiting(8));
    counters_.loading.Open();
  }
  EXPECT_EQ(named, 1);
  EXPECT_EQ(counters_.graphs, 1);
  EXPECT_EQ(Used(Resource::kModels), 1U);
}

// Names come and go while others look them up; nothing is left over.
TEST_F(RegistryLifeTest, RegisterReplaceUnregisterAndLoadAtOnceLeaveNothing) {
  Make(std::nullopt, 40);
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 6; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 100; ++i) {
          const ModelKey key = Key(i % 2 == 0 ? "a" : "b");
          const LoadMode mode = i % 3 == 0 ? LoadMode::kEager : LoadMode::kLazy;
          switch ((i + thread) % 6) {
            case 0:
              static_cast<void>(Register(key, fake::NewModel("io u8 1"), mode));
              break;
            case 1:
              static_cast<void>(Replace(key, fake::NewModel("io u8 2"), mode));
              break;
            case 2:
              static_cast<void>(registry_->Unregister(key, Origin::kOperator));
              break;
            case 3:
              static_cast<void>(
                  registry_->Load(Of(fake::NewModel("io u8 3")), &key, Deadline::Never()));
              break;
            default:
              static_cast<void>(registry_->Acquire(key, Placement::Host(), Deadline::Never()));
          }
        }
      });
    }
  }
  static_cast<void>(registry_->Unregister(Key("a"), Origin::kOperator));
  static_cast<void>(registry_->Unregister(Key("b"), Origin::kOperator));
  EXPECT_THAT(registry_->List(Scope::Host(), Placement::Host()), testing::IsEmpty());
  EXPECT_EQ(Used(Resource::kModels), 0U);
  EXPECT_EQ(Used(Resource::kModelBytes), 0U);
  EXPECT_EQ(counters_.graphs, 0);
}

}  // namespace
}  // namespace namesake
