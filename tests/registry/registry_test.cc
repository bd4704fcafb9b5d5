#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
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

using RegistryTest = test::RegistryFixture;
using test::Key;

TEST_F(RegistryTest, LoadsOnTheFirstLookupAndSharesTheGraph) {
  Make();
  ASSERT_THAT(Register(Key("a"), fake::NewModel("io f32 1")), IsOk());
  EXPECT_EQ(counters_.loads, 0);
  const auto first = registry_->Acquire(Key("a"), Placement::Host(), Deadline::Never());
  const auto second = registry_->Acquire(Key("a"), Placement::Host(), Deadline::Never());
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(&first->graph(), &second->graph());
  EXPECT_EQ(counters_.loads, 1);
}

TEST_F(RegistryTest, SixtyFourThreadsAskingForALoadingNameCostOneLoad) {
  Make();
  ASSERT_THAT(Register(Key("slow"), fake::NewModel("io f32 1\nload_waits")), IsOk());
  std::atomic<int> served = 0;
  std::latch start(64);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 64; ++i) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        if (registry_->Acquire(Key("slow"), Placement::Host(), Deadline::Never())) ++served;
      });
    }
    EXPECT_TRUE(counters_.loading.AwaitWaiting());
    counters_.loading.Open();
  }
  EXPECT_EQ(served, 64);
  EXPECT_EQ(counters_.loads, 1);
}

TEST_F(RegistryTest, ADeadlineEndsTheWaitAndNotTheLoad) {
  Make();
  ASSERT_THAT(Register(Key("slow"), fake::NewModel("io f32 1\nload_waits")), IsOk());
  EXPECT_THAT(registry_->Acquire(Key("slow"), Placement::Host(), Deadline::After(milliseconds(1))),
              Fails(ErrorCode::kTimeout, testing::HasSubstr("is still loading")));
  EXPECT_EQ(registry_->List(Scope::Host(), Placement::Host()).at(0).state, ModelState::kLoading);
  counters_.loading.Open();
  EXPECT_THAT(registry_->Acquire(Key("slow"), Placement::Host(), Deadline::Never()), IsOk());
  EXPECT_EQ(counters_.loads, 1);
}

TEST_F(RegistryTest, PrefetchReturnsAtOnceAndTheLookupWaitsForIt) {
  Make();
  ASSERT_THAT(Register(Key("slow"), fake::NewModel("io f32 1\nload_waits")), IsOk());
  registry_->Prefetch(Key("slow"), Placement::Host());
  registry_->Prefetch(Key("slow"), Placement::Host());
  registry_->Prefetch(Key("unknown"), Placement::Host());
  EXPECT_EQ(registry_->List(Scope::Host(), Placement::Host()).at(0).state, ModelState::kLoading);
  counters_.loading.Open();
  EXPECT_THAT(registry_->Acquire(Key("slow"), Placement::Host(), Deadline::Never()), IsOk());
  EXPECT_EQ(counters_.loads, 1);
}

TEST_F(RegistryTest, AFailureIsRememberedForAShortTime) {
  Make();
  ASSERT_THAT(Register(Key("bad"), fake::NewModel("fail_load the disk is gone")), IsOk());
  const auto failure = FailsInDetail(ErrorCode::kRuntimeError, "the disk is gone");
  EXPECT_THAT(registry_->Acquire(Key("bad"), Placement::Host(), Deadline::Never()), failure);
  now_ += 4;
  EXPECT_THAT(registry_->Acquire(Key("bad"), Placement::Host(), Deadline::Never()), failure);
  EXPECT_EQ(counters_.loads, 1);
  now_ += 1;
  EXPECT_THAT(registry_->Acquire(Key("bad"), Placement::Host(), Deadline::Never()), failure);
  EXPECT_EQ(counters_.loads, 2);
}

TEST_F(RegistryTest, OnlyANameThatIsNotThereIsNotFound) {
  Make();
  loader_->LoadBy(
      [](const Model&) { return std::unexpected(Error(ErrorCode::kNotFound, "no such file")); });
  ASSERT_THAT(Register(Key("bad"), fake::NewModel("")), IsOk());
  EXPECT_THAT(registry_->Acquire(Key("bad"), Placement::Host(), Deadline::Never()),
              Fails(ErrorCode::kRuntimeError, "no such file"));
  EXPECT_THAT(registry_->Acquire(Key("other"), Placement::Host(), Deadline::Never()),
              Fails(ErrorCode::kNotFound, "no model is named \"other\""));
}

TEST_F(RegistryTest, ALoadThatThrowsIsAnInternalError) {
  Make();
  loader_->LoadBy([](const Model&) -> Result<std::shared_ptr<const Graph>> {
    throw std::runtime_error("surprise");
  });
  EXPECT_THAT(
      LoadUnnamed(fake::NewModel("")),
      testing::AllOf(Fails(ErrorCode::kInternal, "an internal error of the host"),
                     FailsInDetail(ErrorCode::kInternal,
                                   "loading a model of 0 bytes in memory threw: surprise")));
}

TEST_F(RegistryTest, ScopesAreApart) {
  Make();
  ASSERT_THAT(Register(Key("a", Scope::Tenant(1)), fake::NewModel("io f32 1")), IsOk());
  ASSERT_THAT(Register(Key("a", Scope::Tenant(2)), fake::NewModel("io f32 2")), IsOk());
  ASSERT_THAT(Register(Key("a", Scope::Instance(1)), fake::NewModel("io f32 3")), IsOk());
  const auto shape = [&](Scope scope) {
    return ShapeText(registry_->Acquire(Key("a", scope), Placement::Host(), Deadline::Never())
                         ->graph()
                         .inputs()
                         .at(0));
  };
  EXPECT_EQ(shape(Scope::Tenant(1)), "[1]");
  EXPECT_EQ(shape(Scope::Tenant(2)), "[2]");
  EXPECT_EQ(shape(Scope::Instance(1)), "[3]");
  EXPECT_THAT(registry_->Acquire(Key("a"), Placement::Host(), Deadline::Never()),
              Fails(ErrorCode::kNotFound, "no model is named \"a\""));
  EXPECT_EQ(registry_->List(Scope::Tenant(1), Placement::Host()).size(), 1U);
  EXPECT_EQ(registry_->List(Scope::Host(), Placement::Host()).size(), 0U);
}

TEST_F(RegistryTest, ATakenNameNamesBothModels) {
  Make();
  const Model first = {
      .encoding = Encoding::kOnnx, .source = ModelFiles{{"first.onnx"}}, .options = {}};
  const Model second = {
      .encoding = Encoding::kOnnx, .source = ModelFiles{{"second.onnx"}}, .options = {}};
  ASSERT_THAT(Register(Key("a"), first), IsOk());
  EXPECT_THAT(
      Register(Key("a"), second),
      Fails(ErrorCode::kInvalidArgument,
            "the name \"a\" is taken: it names first.onnx and can't also name second.onnx"));
  EXPECT_EQ(account_->used(Resource::kModels), 1U);
}

TEST_F(RegistryTest, NamedAndUnnamedModelsShareOneLimit) {
  Make(2);
  ASSERT_THAT(Register(Key("a"), fake::NewModel("io f32 1")), IsOk());
  auto unnamed = LoadUnnamed(fake::NewModel("io f32 1"));
  ASSERT_THAT(unnamed, IsOk());
  const auto used_up =
      Fails(ErrorCode::kResourceExhausted,
            "the limit max_models = 2 of the test is used up (2 in use, 1 requested)");
  EXPECT_THAT(LoadUnnamed(fake::NewModel("io f32 2")), used_up);
  EXPECT_THAT(Register(Key("b"), fake::NewModel("io f32 1")), used_up);
  EXPECT_EQ(counters_.loads, 1);  // No load was wasted.
  unnamed = std::unexpected(Error(ErrorCode::kNotFound, ""));
  EXPECT_EQ(counters_.graphs, 0);
  EXPECT_THAT(Register(Key("b"), fake::NewModel("io f32 1")), IsOk());
}

TEST_F(RegistryTest, AModelThatNeverFitsIsRememberedAsFailed) {
  Make(std::nullopt, 10);
  ASSERT_THAT(Register(Key("big"), fake::NewModel("bytes 11")), IsOk());
  const auto never_fits = Fails(
      ErrorCode::kTooLarge,
      "the limit max_total_model_bytes = 10 B of the test is used up (0 B in use, 11 B requested)");
  EXPECT_THAT(registry_->Acquire(Key("big"), Placement::Host(), Deadline::Never()), never_fits);
  EXPECT_THAT(registry_->Acquire(Key("big"), Placement::Host(), Deadline::Never()), never_fits);
  EXPECT_EQ(loader_->measured(), 1);
  now_ += 5;
  EXPECT_THAT(registry_->Acquire(Key("big"), Placement::Host(), Deadline::Never()), never_fits);
  EXPECT_EQ(loader_->measured(), 2);
}

TEST_F(RegistryTest, ALoadThatIsTooLargeForTheBackendIsRememberedAsFailed) {
  Make();
  std::atomic<int> loads = 0;
  loader_->LoadBy([&](const Model&) {
    ++loads;
    return std::unexpected(Error(ErrorCode::kTooLarge, "larger than any memory"));
  });
  ASSERT_THAT(Register(Key("big"), fake::NewModel("")), IsOk());
  const auto never_fits = Fails(ErrorCode::kTooLarge, "larger than any memory");
  EXPECT_THAT(registry_->Acquire(Key("big"), Placement::Host(), Deadline::Never()), never_fits);
  EXPECT_THAT(registry_->Acquire(Key("big"), Placement::Host(), Deadline::Never()), never_fits);
  EXPECT_EQ(loads, 1);
}

TEST_F(RegistryTest, ALoadThatMetAShortageIsTriedAgainAtOnce) {
  Make(std::nullopt, 10);
  ASSERT_THAT(Register(Key("m"), fake::NewModel("io f32 1\nbytes 8")), IsOk());
  {
    const auto held = account_->Reserve(Resource::kModelBytes, 3);
    ASSERT_THAT(held, IsOk());
    const auto used_up = Fails(ErrorCode::kResourceExhausted,
                               "the limit max_total_model_bytes = 10 B of the test is used up (3 B "
                               "in use, 8 B requested)");
    EXPECT_THAT(registry_->Acquire(Key("m"), Placement::Host(), Deadline::Never()), used_up);
    EXPECT_THAT(registry_->Acquire(Key("m"), Placement::Host(), Deadline::Never()), used_up);
    EXPECT_EQ(loader_->measured(), 2);
  }
  EXPECT_THAT(registry_->Acquire(Key("m"), Placement::Host(), Deadline::Never()), IsOk());
}

TEST_F(RegistryTest, AFailedUnnamedLoadGivesItsPlaceBack) {
  Make(1);
  EXPECT_THAT(LoadUnnamed(fake::NewModel("fail_load no")),
              FailsInDetail(ErrorCode::kRuntimeError, "no"));
  EXPECT_EQ(account_->used(Resource::kModels), 0U);
  EXPECT_THAT(LoadUnnamed(fake::NewModel("io f32 1")), IsOk());
}

TEST_F(RegistryTest, AnAbandonedUnnamedLoadEndsByItself) {
  Make(1);
  EXPECT_THAT(LoadUnnamed(fake::NewModel("io f32 1\nload_waits"), Deadline::After(milliseconds(1))),
              Fails(ErrorCode::kTimeout, testing::HasSubstr("is still loading")));
  EXPECT_EQ(account_->used(Resource::kModels), 1U);
  counters_.loading.Open();
  EXPECT_TRUE(test::Eventually([&] { return account_->used(Resource::kModels) == 0; }));
  EXPECT_EQ(counters_.graphs, 0);
}

TEST_F(RegistryTest, ListsStatesByName) {
  Make();
  ASSERT_THAT(Register(Key("c"), fake::NewModel("io f32 1")), IsOk());
  ASSERT_THAT(Register(Key("a"), fake::NewModel("io f32 1")), IsOk());
  ASSERT_THAT(Register(Key("b"), fake::NewModel("fail_load no")), IsOk());
  EXPECT_THAT(registry_->Acquire(Key("a"), Placement::Host(), Deadline::Never()), IsOk());
  EXPECT_FALSE(registry_->Acquire(Key("b"), Placement::Host(), Deadline::Never()));
  const auto list = registry_->List(Scope::Host(), Placement::Host());
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].key.name.text(), "a");
  EXPECT_EQ(list[0].state, ModelState::kReady);
  EXPECT_EQ(list[0].model_bytes, 8U);
  EXPECT_EQ(list[1].key.name.text(), "b");
  EXPECT_EQ(list[1].state, ModelState::kFailed);
  EXPECT_EQ(list[1].failure, "no");
  EXPECT_EQ(list[2].key.name.text(), "c");
  EXPECT_EQ(list[2].state, ModelState::kRegistered);
}

TEST_F(RegistryTest, EndsOnlyWhenItsLoadsHaveEnded) {
  Make();
  ASSERT_THAT(Register(Key("slow"), fake::NewModel("io f32 1\nload_waits")), IsOk());
  registry_->Prefetch(Key("slow"), Placement::Host());
  std::atomic<bool> has_ended = false;
  {
    const std::jthread ends([&] {
      registry_.reset();
      has_ended = true;
    });
    EXPECT_TRUE(counters_.loading.AwaitWaiting());
    EXPECT_FALSE(has_ended);
    counters_.loading.Open();
  }
  EXPECT_EQ(counters_.loads, 1);
  EXPECT_EQ(counters_.graphs, 0);
}

TEST_F(RegistryTest, ALeaseOutlivesTheRegistry) {
  Make();
  ASSERT_THAT(Register(Key("a"), fake::NewModel("io f32 1")), IsOk());
  auto lease = registry_->Acquire(Key("a"), Placement::Host(), Deadline::Never());
  registry_.reset();
  EXPECT_EQ(counters_.graphs, 1);
  EXPECT_EQ(lease->graph().inputs().size(), 1U);
  lease = std::unexpected(Error(ErrorCode::kNotFound, ""));
  EXPECT_EQ(counters_.graphs, 0);
}

TEST(ModelState, HasAWordForEach) {
  EXPECT_EQ(ModelStateName(ModelState::kRegistered), "registered");
  EXPECT_EQ(ModelStateName(ModelState::kLoading), "loading");
  EXPECT_EQ(ModelStateName(ModelState::kReady), "ready");
  EXPECT_EQ(ModelStateName(ModelState::kFailed), "failed");
}

}  // namespace
}  // namespace namesake
