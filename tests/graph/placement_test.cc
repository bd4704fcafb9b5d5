#include "namesake/placement.h"

#include <gtest/gtest.h>

#include <unordered_set>

namespace namesake {
namespace {

TEST(Placement, IsTheHostsOrOneTenants) {
  EXPECT_EQ(Placement::Host(), Placement::Host());
  EXPECT_EQ(Placement::Tenant(7), Placement::Tenant(7));
  EXPECT_NE(Placement::Tenant(7), Placement::Tenant(8));
  // The default tenant has number 0, and differs from the host.
  EXPECT_NE(Placement::Host(), Placement::Tenant(0));
}

TEST(Placement, IsAKeyOfHashTables) {
  const std::unordered_set<Placement> all = {Placement::Host(), Placement::Tenant(0),
                                             Placement::Tenant(1), Placement::Tenant(1)};
  EXPECT_EQ(all.size(), 3);
  EXPECT_TRUE(all.contains(Placement::Host()));
  EXPECT_FALSE(all.contains(Placement::Tenant(2)));
}

}  // namespace
}  // namespace namesake
