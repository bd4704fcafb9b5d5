#include "view/handle_table.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>

namespace namesake {
namespace {

using Graphs = view::HandleTable<int, view::HandleKind::kGraph>;
using Contexts = view::HandleTable<int, view::HandleKind::kContext>;

TEST(HandleTable, FindsWhatItHolds) {
  Graphs graphs;
  const auto seven = graphs.Insert(7);
  const auto eight = graphs.Insert(8);
  ASSERT_TRUE(seven && eight);
  EXPECT_EQ(*graphs.Find(*seven), 7);
  EXPECT_EQ(*graphs.Find(*eight), 8);
  EXPECT_EQ(*seven >> 31, 0U);
}

TEST(HandleTable, RefusesZeroAndWhatWasMadeUp) {
  Graphs graphs;
  const auto handle = graphs.Insert(1);
  for (const std::uint32_t made_up :
       {0U, 1U, UINT32_MAX, *handle + 1, *handle ^ (1U << 20), *handle ^ (1U << 31)}) {
    EXPECT_EQ(graphs.Find(made_up), nullptr) << made_up;
    EXPECT_FALSE(graphs.Remove(made_up)) << made_up;
  }
  EXPECT_NE(graphs.Find(*handle), nullptr);
}

TEST(HandleTable, RefusesAHandleOfTheOtherKind) {
  Graphs graphs;
  Contexts contexts;
  const auto graph = graphs.Insert(1);
  const auto context = contexts.Insert(2);
  EXPECT_NE(*graph, *context);
  EXPECT_EQ(graphs.Find(*context), nullptr);
  EXPECT_EQ(contexts.Find(*graph), nullptr);
}

TEST(HandleTable, NeverBringsAClosedHandleBack) {
  Graphs graphs;
  std::set<std::uint32_t> closed;
  for (int i = 0; i < 5000; ++i) {
    const auto handle = graphs.Insert(i);
    ASSERT_TRUE(handle);
    ASSERT_TRUE(closed.insert(*handle).second) << "handle " << *handle << " came twice";
    ASSERT_TRUE(graphs.Remove(*handle));
    ASSERT_EQ(graphs.Find(*handle), nullptr);
    ASSERT_FALSE(graphs.Remove(*handle));
  }
}

TEST(HandleTable, EndsTheObjectAtOnce) {
  view::HandleTable<std::shared_ptr<int>, view::HandleKind::kGraph> table;
  const auto object = std::make_shared<int>(1);
  const auto handle = table.Insert(object);
  EXPECT_EQ(object.use_count(), 2);
  EXPECT_TRUE(table.Remove(*handle));
  EXPECT_EQ(object.use_count(), 1);
}

TEST(HandleTable, SaysWhenItIsFull) {
  Graphs graphs;
  for (int i = 0; i < (1 << 18); ++i) ASSERT_TRUE(graphs.Insert(i));
  EXPECT_FALSE(graphs.Insert(0));
}

}  // namespace
}  // namespace namesake
