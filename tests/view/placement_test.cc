// The placements for which a backend is asked to load graphs and make contexts, behind the host's
// default registry.
#include "namesake/placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "support/host_fixture.h"
#include "support/log_lines.h"

namespace namesake {
namespace {

using test::IsOk;

const Placement kProcess = Placement::Host();

// Two tenants whose models are loaded in workers, and one whose are loaded in the process.
class PlacementTest : public test::HostFixture {
 protected:
  PlacementTest() { Make(HostOptions{.isolation = Isolation::kTenant}); }
  void Make(HostOptions options) {
    HostFixture::Make(std::move(options));
    a_ = AddTenant(
        {.name = "a",
         .policy = {.guest_register = GuestRegister::kTenant, .guest_options = {"threads"}}});
    b_ = AddTenant({.name = "b", .policy = {.guest_register = GuestRegister::kInstance}});
    inside_ = AddTenant({.name = "inside", .isolation = Isolation::kProcess});
  }

  // Expects exactly these loads so far.
  void ExpectLoads(int process, int a, int b) const {
    EXPECT_EQ(counters_.loads_for.Of(kProcess), process);
    EXPECT_EQ(counters_.loads_for.Of(a_->placement()), a);
    EXPECT_EQ(counters_.loads_for.Of(b_->placement()), b);
    EXPECT_EQ(counters_.loads, process + a + b);
  }
  static void MakeContext(View& view, std::string_view name) {
    const auto graph = view.LoadByName(name);
    ASSERT_THAT(graph, IsOk());
    ASSERT_THAT(view.InitExecutionContext(*graph), IsOk());
  }
  void AwaitLoads() { ASSERT_TRUE(host_->AwaitLoads(Deadline::Never())); }

  std::shared_ptr<const Tenant> a_;
  std::shared_ptr<const Tenant> b_;
  std::shared_ptr<const Tenant> inside_;
};

Model NewModel(Isolation isolation) {
  Model model = fake::NewModel("io u8 1");
  model.isolation = isolation;
  return model;
}

TEST_F(PlacementTest, EachTenantHasItsOwnWithTheNearestIsolation) {
  EXPECT_EQ(a_->placement().isolation(), Isolation::kTenant);
  EXPECT_NE(a_->placement(), b_->placement());
  EXPECT_NE(host_->default_tenant().placement(), a_->placement());
  EXPECT_EQ(inside_->placement(), kProcess);
  Make(HostOptions{.isolation = Isolation::kProcess});
  EXPECT_EQ(a_->placement(), kProcess);
  EXPECT_EQ(AddTenant({.name = "c", .isolation = Isolation::kTenant})->placement().isolation(),
            Isolation::kTenant);
}

TEST_F(PlacementTest, AHostsModelIsLoadedForEachTenantThatAsks) {
  ASSERT_THAT(host_->Register("m", fake::NewModel("io u8 1"), LoadMode::kLazy), IsOk());
  MakeContext(*NewView(a_), "m");
  MakeContext(*NewView(a_), "m");
  MakeContext(*NewView(b_), "m");
  ExpectLoads(0, 1, 1);
  MakeContext(*NewView(inside_), "m");
  ExpectLoads(1, 1, 1);
  ASSERT_THAT(host_->Acquire("m", Deadline::Never(), Owner::Host(), *a_), IsOk());
  ExpectLoads(1, 1, 1);
  ASSERT_THAT(host_->Acquire("m", Deadline::Never()), IsOk());
  EXPECT_EQ(counters_.loads_for.Of(Placement::Host(Isolation::kTenant)), 1);
}

TEST_F(PlacementTest, InTheProcessAHostsModelIsLoadedOnceWhoeverAsks) {
  Make(HostOptions{.isolation = Isolation::kProcess});
  ASSERT_THAT(host_->Register("m", fake::NewModel("io u8 1")), IsOk());
  MakeContext(*NewView(a_), "m");
  MakeContext(*NewView(b_), "m");
  ASSERT_THAT(host_->Acquire("m", Deadline::Never()), IsOk());
  EXPECT_EQ(counters_.loads, 1);
  EXPECT_EQ(counters_.loads_for.Of(kProcess), 1);
}

TEST_F(PlacementTest, AModelsOwnIsolationCountsMostForItsContextsToo) {
  ASSERT_THAT(host_->Register("process", NewModel(Isolation::kProcess)), IsOk());
  ASSERT_THAT(host_->Register("tenant", NewModel(Isolation::kTenant), LoadMode::kLazy), IsOk());
  MakeContext(*NewView(a_), "process");
  EXPECT_EQ(counters_.contexts_for.Of(kProcess), 1);
  EXPECT_EQ(counters_.contexts_for.Of(a_->placement()), 0);
  MakeContext(*NewView(inside_), "tenant");
  EXPECT_EQ(counters_.contexts_for.Of(inside_->placement().with(Isolation::kTenant)), 1);
  EXPECT_EQ(counters_.contexts_for.Of(kProcess), 1);
}

TEST_F(PlacementTest, AContextIsItsTenants) {
  ASSERT_THAT(host_->Register("m", fake::NewModel("io u8 1")), IsOk());
  const auto view = NewView(a_);
  MakeContext(*view, "m");
  MakeContext(*view, "m");
  MakeContext(*NewView(b_), "m");
  EXPECT_EQ(counters_.contexts_for.Of(a_->placement()), 2);
  EXPECT_EQ(counters_.contexts_for.Of(b_->placement()), 1);
  EXPECT_EQ(counters_.contexts_for.Of(kProcess), 0);
}

// Outputs beyond the limit end the context, which is then recreated.
TEST_F(PlacementTest, AContextThatIsMadeAnewIsForTheSame) {
  const auto view =
      host_->NewView({.tenant = *a_, .limits = InstanceLimits{.max_total_tensor_bytes = 5}});
  const auto graph = Load(*view, "io u8 ?\noutputs ?");
  ASSERT_THAT(graph, IsOk());
  const auto context = view->InitExecutionContext(*graph);
  ASSERT_THAT(context, IsOk());
  ASSERT_THAT(SetBytes(*view, *context, 4), IsOk());
  ASSERT_FALSE(view->Compute(*context));
  EXPECT_EQ(counters_.contexts_for.Of(a_->placement()), 2);
}

TEST_F(PlacementTest, ATenantsModelIsLoadedForTheTenant) {
  for (const LoadMode load : {LoadMode::kEager, LoadMode::kLazy}) {
    ASSERT_THAT(host_->Register(load == LoadMode::kEager ? "eager" : "lazy",
                                fake::NewModel(load == LoadMode::kEager ? "io u8 1" : "io u8 2"),
                                load, *a_),
                IsOk());
  }
  host_->PrefetchAll();
  AwaitLoads();
  ExpectLoads(0, 1, 0);
  MakeContext(*NewView(a_), "lazy");
  ExpectLoads(0, 2, 0);
  ASSERT_THAT(host_->Acquire("eager", Deadline::Never(), *a_), IsOk());
  ExpectLoads(0, 2, 0);
  ASSERT_THAT(
      host_->Replace("eager", fake::NewModel("io u8 3"), LoadMode::kEager, *a_, Deadline::Never()),
      IsOk());
  ExpectLoads(0, 3, 0);
}

TEST_F(PlacementTest, AGuestsModelIsLoadedForItsTenant) {
  const auto view = NewView(a_);
  ASSERT_THAT(Load(*view, "io u8 1"), IsOk());
  ASSERT_THAT(LoadNamed(*view, "io u8 2", "named"), IsOk());
  ExpectLoads(0, 2, 0);
  const auto other = NewView(b_);
  ASSERT_THAT(Load(*other, "io u8 1"), IsOk());
  ASSERT_THAT(LoadNamed(*other, "io u8 2", "named"), IsOk());
  ExpectLoads(0, 2, 2);
}

TEST_F(PlacementTest, AVariantIsLoadedForTheTenantThatHasOptionsOfItsOwn) {
  ASSERT_THAT(host_->Register("m", fake::NewModel("io u8 1"), LoadMode::kLazy), IsOk());
  ASSERT_THAT(host_->Register("process", NewModel(Isolation::kProcess), LoadMode::kLazy), IsOk());
  ASSERT_THAT(NewView(a_)->LoadByNameWithConfig("m", R"({"threads": 2})"), IsOk());
  ExpectLoads(0, 1, 0);
  ASSERT_THAT(NewView(a_)->LoadByNameWithConfig("process", R"({"threads": 2})"), IsOk());
  ExpectLoads(1, 1, 0);
}

// ------------------------------------------------------------------------------ eager models

TEST_F(PlacementTest, PrefetchAllLeavesTheHostsIsolatedModelsToTheirUsers) {
  ASSERT_THAT(host_->Register("m", fake::NewModel("io u8 2")), IsOk());
  ASSERT_THAT(host_->Register("process", NewModel(Isolation::kProcess)), IsOk());
  host_->PrefetchAll();
  AwaitLoads();
  // Both: `inside` has all of the host's models in the process.
  ExpectLoads(2, 0, 0);
}

TEST_F(PlacementTest, ATenantsFirstViewPrefetchesTheEagerModelsThatItSees) {
  ASSERT_THAT(host_->Register("granted", fake::NewModel("io u8 1")), IsOk());
  ASSERT_THAT(host_->Register("other", fake::NewModel("io u8 1")), IsOk());
  ASSERT_THAT(host_->Register("lazy", fake::NewModel("io u8 1"), LoadMode::kLazy), IsOk());
  ASSERT_THAT(host_->Register("process", NewModel(Isolation::kProcess)), IsOk());
  const auto c = AddTenant({.name = "c",
                            .policy = {.host_models = HostModels::kGranted,
                                       .grants = {{"granted", "alias"}, {"lazy"}, {"process"}}}});
  ASSERT_THAT(host_->Register("own", fake::NewModel("io u8 2"), LoadMode::kEager, *c), IsOk());
  const auto view = NewView(c);
  AwaitLoads();
  EXPECT_EQ(counters_.loads_for.Of(c->placement()), 2);
  EXPECT_EQ(counters_.loads, 2);
  EXPECT_EQ(host_->Status("granted", Owner::Host(), *c)->state, ModelState::kReady);
  EXPECT_EQ(host_->Status("own", *c, *c)->state, ModelState::kReady);
  // Later views load nothing.
  ASSERT_THAT(host_->Register("new", fake::NewModel("io u8 1"), LoadMode::kEager, *c), IsOk());
  const auto second = NewView(c);
  AwaitLoads();
  EXPECT_EQ(counters_.loads, 2);
}

TEST_F(PlacementTest, AViewOfATenantInTheProcessPrefetchesNothing) {
  ASSERT_THAT(host_->Register("m", fake::NewModel("io u8 1")), IsOk());
  const auto view = NewView(inside_);
  AwaitLoads();
  EXPECT_EQ(counters_.loads, 0);
}

// ------------------------------------------------------------------------------ states

TEST_F(PlacementTest, StatesAreThoseOfTheTenantThatIsAskedFor) {
  ASSERT_THAT(host_->Register("m", fake::NewModel("io u8 1"), LoadMode::kLazy), IsOk());
  ASSERT_THAT(NewView(a_)->LoadByName("m"), IsOk());
  EXPECT_EQ(host_->VisibleModels(*a_).at(0).model.state, ModelState::kReady);
  EXPECT_EQ(host_->VisibleModels(*b_).at(0).model.state, ModelState::kRegistered);
  EXPECT_EQ(host_->Models().at(0).state, ModelState::kRegistered);
  EXPECT_EQ(host_->Status("m", Owner::Host(), *a_)->state, ModelState::kReady);
  EXPECT_EQ(host_->Status("m", Owner::Host(), *b_)->state, ModelState::kRegistered);
  EXPECT_EQ(host_->Status("n", Owner::Host(), *b_), std::nullopt);
}

// A guest that asks again and again can't flood the log, whoever else asks for the same model.
TEST_F(PlacementTest, EachTenantsFailureIsLoggedOnce) {
  ASSERT_THAT(host_->Register("m", fake::NewModel("fail_load no"), LoadMode::kLazy), IsOk());
  const test::LogLines log;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(NewView(a_)->LoadByName("m"));
    EXPECT_FALSE(NewView(b_)->LoadByName("m"));
  }
  EXPECT_THAT(log.Warnings(), testing::UnorderedElementsAre(
                                  "the model \"m\" can't be loaded for tenant \"a\": no",
                                  "the model \"m\" can't be loaded for tenant \"b\": no"));
}

}  // namespace
}  // namespace namesake
