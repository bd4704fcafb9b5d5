// Names that stand for one content share a graph and its bytes.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "registry/registry_fixture.h"

namespace namesake {
namespace {

using test::Fails;
using test::IsOk;
using test::Key;

class SharedGraphs : public test::RegistryFixture {
 protected:
  void Register(std::string_view name, std::string_view text, LoadMode load = LoadMode::kEager) {
    ASSERT_THAT(registry_->Register(Key(name), Of(fake::NewModel(text), load)), IsOk());
  }
  Result<Lease> Acquire(std::string_view name) {
    return registry_->Acquire(Key(name), Placement::Host(), Deadline::Never());
  }
  std::uint64_t Bytes() const { return account_->used(Resource::kModelBytes); }
};

TEST_F(SharedGraphs, NamesOfOneContentAreLoadedAndCountedOnce) {
  Make(std::nullopt, 150);
  Register("a", "io f32 1\nbytes 100");
  Register("b", "io f32 1\nbytes 100");
  const auto a = Acquire("a");
  const auto b = Acquire("b");
  ASSERT_THAT(a, IsOk());
  ASSERT_THAT(b, IsOk());
  EXPECT_EQ(&a->graph(), &b->graph());
  EXPECT_EQ(counters_.loads, 1);
  EXPECT_EQ(Bytes(), 100U);
  // Each is a name of its own.
  EXPECT_EQ(account_->used(Resource::kModels), 2U);
}

// Whichever of them comes first.
TEST_F(SharedGraphs, NamesThatLoadAtOnceAreCountedOnce) {
  Make(std::nullopt, 150);
  const Model model = fake::NewModel("io f32 1\nbytes 100\nload_waits");
  for (const char* const name : {"a", "b", "c"}) {
    ASSERT_THAT(registry_->Register(Key(name), Of(model)), IsOk());
    registry_->Prefetch(Key(name), Placement::Host());
  }
  ASSERT_TRUE(counters_.loading.AwaitWaiting());
  counters_.loading.Open();
  ASSERT_TRUE(registry_->AwaitLoads(Deadline::Never()));
  for (const char* const name : {"a", "b", "c"}) EXPECT_THAT(Acquire(name), IsOk());
  EXPECT_EQ(counters_.loads, 1);
  EXPECT_EQ(Bytes(), 100U);
}

TEST_F(SharedGraphs, OtherContentOfThatSizeCountsForItself) {
  Make(std::nullopt, 150);
  Register("a", "io f32 1\nbytes 100");
  Register("b", "io f32 2\nbytes 100");
  ASSERT_THAT(Acquire("a"), IsOk());
  EXPECT_THAT(Acquire("b"), Fails(ErrorCode::kResourceExhausted, testing::HasSubstr("150 B")));
}

TEST_F(SharedGraphs, TheBytesAreGivenBackWithTheLastName) {
  Make();
  Register("a", "io f32 1\nbytes 100");
  Register("b", "io f32 1\nbytes 100");
  ASSERT_THAT(Acquire("a"), IsOk());
  ASSERT_THAT(Acquire("b"), IsOk());
  ASSERT_THAT(registry_->Unregister(Key("a"), Origin::kOperator), IsOk());
  EXPECT_EQ(Bytes(), 100U);
  EXPECT_EQ(counters_.graphs, 1);
  ASSERT_THAT(registry_->Unregister(Key("b"), Origin::kOperator), IsOk());
  EXPECT_EQ(Bytes(), 0U);
  EXPECT_EQ(counters_.graphs, 0);
}

TEST_F(SharedGraphs, EachAccountCountsTheBytes) {
  Make();
  const auto other = Account::Make("another", {});
  Register("a", "io f32 1\nbytes 100");
  Registration others = Of(fake::NewModel("io f32 1\nbytes 100"));
  others.account = other;
  ASSERT_THAT(registry_->Register(Key("b"), std::move(others)), IsOk());
  ASSERT_THAT(Acquire("a"), IsOk());
  ASSERT_THAT(Acquire("b"), IsOk());
  EXPECT_EQ(counters_.loads, 1);
  EXPECT_EQ(Bytes(), 100U);
  EXPECT_EQ(other->used(Resource::kModelBytes), 100U);
}

TEST_F(SharedGraphs, TheGraphIsEvictedWithTheLastNameThatIsUnused) {
  Make(std::nullopt, 150);
  Register("a", "io f32 1\nbytes 100", LoadMode::kLazy);
  Register("b", "io f32 1\nbytes 100", LoadMode::kLazy);
  Register("large", "io f32 2\nbytes 100", LoadMode::kLazy);
  {
    const auto used = Acquire("a");
    ASSERT_THAT(used, IsOk());
    ASSERT_THAT(Acquire("b"), IsOk());
    EXPECT_FALSE(Acquire("large"));
    EXPECT_EQ(counters_.graphs, 1);
  }
  EXPECT_THAT(Acquire("large"), IsOk());
  EXPECT_EQ(counters_.graphs, 1);
  EXPECT_EQ(Bytes(), 100U);
}

}  // namespace
}  // namespace namesake
