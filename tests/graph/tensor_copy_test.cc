#include "graph/tensor_copy.h"

#include <gtest/gtest.h>

#include <array>

namespace namesake::graph {
namespace {

TEST(OverlapTest, IsOfBytesInCommon) {
  const std::array<std::byte, 8> bytes{};
  const std::span<const std::byte> all(bytes);
  EXPECT_TRUE(Overlap(all, all));
  EXPECT_TRUE(Overlap(all.first(4), all.subspan(3)));
  EXPECT_TRUE(Overlap(all.subspan(3), all.first(4)));
  EXPECT_TRUE(Overlap(all, all.subspan(3, 1)));
  EXPECT_TRUE(Overlap(all.subspan(3, 1), all));
  EXPECT_FALSE(Overlap(all.first(4), all.subspan(4)));
  EXPECT_FALSE(Overlap(all.subspan(4), all.first(4)));
}

TEST(OverlapTest, IsNotOfNothing) {
  const std::array<std::byte, 8> bytes{};
  const std::span<const std::byte> all(bytes);
  EXPECT_FALSE(Overlap(all, all.subspan(3, 0)));
  EXPECT_FALSE(Overlap({}, all));
  EXPECT_FALSE(Overlap({}, {}));
}

}  // namespace
}  // namespace namesake::graph
