#include "namesake/placement.h"

#include <gtest/gtest.h>

#include <set>
#include <unordered_set>

namespace namesake {
namespace {

constexpr Isolation kTenant = Isolation::kTenant;

TEST(Placement, InAWorkerIsTheHostsOrOneTenants) {
  EXPECT_EQ(Placement::Host(kTenant), Placement::Host(kTenant));
  EXPECT_EQ(Placement::Tenant(7, kTenant), Placement::Tenant(7, kTenant));
  EXPECT_NE(Placement::Tenant(7, kTenant), Placement::Tenant(8, kTenant));
  // The default tenant has number 0, and differs from the host.
  EXPECT_NE(Placement::Host(kTenant), Placement::Tenant(0, kTenant));
}

TEST(Placement, InTheProcessIsOneForAllUsers) {
  EXPECT_EQ(Placement::Host(), Placement::Tenant(7));
  EXPECT_EQ(Placement::Tenant(7), Placement::Tenant(8));
  EXPECT_NE(Placement::Tenant(7), Placement::Tenant(7, kTenant));
  EXPECT_NE(Placement::Host(), Placement::Host(kTenant));
}

TEST(Placement, InAWorkerOfTheHostsIsOneForAllUsers) {
  const auto at = [](std::uint64_t id) { return Placement::Tenant(id, Isolation::kHost); };
  EXPECT_EQ(at(7), at(8));
  EXPECT_EQ(at(7), Placement::Host(Isolation::kHost));
  EXPECT_NE(at(7), Placement::Tenant(7));
  EXPECT_NE(at(7), Placement::Tenant(7, kTenant));
  EXPECT_NE(at(7), Placement::Host(kTenant));
  // It still names its user.
  EXPECT_EQ(at(7).with(kTenant), Placement::Tenant(7, kTenant));
  EXPECT_FALSE(at(7).is_host());
}

TEST(Placement, KeepsItsUserWhenItsIsolationChanges) {
  const Placement seven = Placement::Tenant(7, kTenant);
  EXPECT_EQ(seven.isolation(), kTenant);
  EXPECT_EQ(seven.with(Isolation::kProcess).isolation(), Isolation::kProcess);
  EXPECT_EQ(seven.with(Isolation::kProcess), Placement::Host());
  EXPECT_EQ(seven.with(Isolation::kProcess).with(kTenant), seven);
  EXPECT_FALSE(seven.with(Isolation::kProcess).is_host());
  EXPECT_FALSE(Placement::Tenant(0).is_host());
  EXPECT_TRUE(Placement::Host(kTenant).with(Isolation::kProcess).is_host());
}

TEST(Placement, IsAKeyOfHashTablesAndSortedOnes) {
  const auto all = {
      Placement::Host(),        Placement::Tenant(0),          Placement::Tenant(1),
      Placement::Host(kTenant), Placement::Tenant(0, kTenant), Placement::Tenant(0, kTenant)};
  const std::unordered_set<Placement> hashed(all);
  EXPECT_EQ(hashed.size(), 3);
  EXPECT_TRUE(hashed.contains(Placement::Tenant(2)));
  EXPECT_FALSE(hashed.contains(Placement::Tenant(2, kTenant)));
  EXPECT_EQ(std::set<Placement>(all).size(), 3);
}

}  // namespace
}  // namespace namesake
