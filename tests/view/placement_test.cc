// The placements for which a backend is asked to load graphs and make contexts, behind the host's
// default registry.
#include "namesake/placement.h"

#include <gtest/gtest.h>

#include <memory>

#include "support/host_fixture.h"

namespace namesake {
namespace {

using test::IsOk;

class PlacementTest : public test::HostFixture {
 protected:
  PlacementTest() {
    Make();
    a_ = AddTenant(
        {.name = "a",
         .policy = {.guest_register = GuestRegister::kTenant, .guest_options = {"threads"}}});
    b_ = AddTenant({.name = "b", .policy = {.guest_register = GuestRegister::kInstance}});
  }

  // Expects exactly these loads so far.
  void ExpectLoads(int host, int a, int b) const {
    EXPECT_EQ(counters_.loads_for.Of(Placement::Host()), host);
    EXPECT_EQ(counters_.loads_for.Of(a_->placement()), a);
    EXPECT_EQ(counters_.loads_for.Of(b_->placement()), b);
    EXPECT_EQ(counters_.loads, host + a + b);
  }
  static void MakeContext(View& view, std::string_view name) {
    const auto graph = view.LoadByName(name);
    ASSERT_THAT(graph, IsOk());
    ASSERT_THAT(view.InitExecutionContext(*graph), IsOk());
  }

  std::shared_ptr<const Tenant> a_;
  std::shared_ptr<const Tenant> b_;
};

TEST_F(PlacementTest, EachTenantHasItsOwn) {
  EXPECT_NE(a_->placement(), b_->placement());
  EXPECT_NE(host_->default_tenant().placement(), a_->placement());
  EXPECT_NE(host_->default_tenant().placement(), Placement::Host());
}

TEST_F(PlacementTest, AHostsModelIsLoadedForTheHostWhoeverAsks) {
  ASSERT_THAT(host_->Register("m", fake::NewModel("io u8 1")), IsOk());
  MakeContext(*NewView(a_), "m");
  MakeContext(*NewView(b_), "m");
  ASSERT_THAT(host_->Acquire("m", Deadline::Never()), IsOk());
  ExpectLoads(1, 0, 0);
}

TEST_F(PlacementTest, AContextIsItsTenantsOnAGraphOfTheHosts) {
  ASSERT_THAT(host_->Register("m", fake::NewModel("io u8 1")), IsOk());
  const auto view = NewView(a_);
  MakeContext(*view, "m");
  MakeContext(*view, "m");
  MakeContext(*NewView(b_), "m");
  EXPECT_EQ(counters_.contexts_for.Of(a_->placement()), 2);
  EXPECT_EQ(counters_.contexts_for.Of(b_->placement()), 1);
  EXPECT_EQ(counters_.contexts_for.Of(Placement::Host()), 0);
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
                                fake::NewModel("io u8 1"), load, *a_),
                IsOk());
  }
  ASSERT_THAT(host_->Register("hosts", fake::NewModel("io u8 1")), IsOk());
  host_->PrefetchAll();
  ASSERT_TRUE(host_->AwaitLoads(Deadline::Never()));
  ExpectLoads(1, 1, 0);
  MakeContext(*NewView(a_), "lazy");
  ExpectLoads(1, 2, 0);
  ASSERT_THAT(host_->Acquire("eager", Deadline::Never(), *a_), IsOk());
  ExpectLoads(1, 2, 0);
  ASSERT_THAT(
      host_->Replace("eager", fake::NewModel("io u8 2"), LoadMode::kEager, *a_, Deadline::Never()),
      IsOk());
  ExpectLoads(1, 3, 0);
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
  ASSERT_THAT(NewView(a_)->LoadByNameWithConfig("m", R"({"threads": 2})"), IsOk());
  ExpectLoads(0, 1, 0);
}

}  // namespace
}  // namespace namesake
