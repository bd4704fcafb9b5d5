// Models of one content share a graph.
#include "graph/graph_table.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "backend_fake/fake_backend.h"
#include "support/matchers.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using test::Fails;
using test::IsOk;
using Loaded = Result<std::shared_ptr<const Graph>>;

class GraphTableTest : public testing::Test {
 protected:
  fs::path Write(const fs::path& name, const std::string& text) const {
    const fs::path file = temp_.path() / name;
    std::ofstream(file) << text;
    Settle();
    return file;
  }
  // Until then, a further change might not show.
  static void Settle() { std::this_thread::sleep_for(std::chrono::milliseconds(50)); }
  static Model FileModel(const fs::path& path) {
    return {.encoding = Encoding::kOnnx, .source = ModelFiles{.paths = {path}}};
  }
  Loaded Load(const Model& model, const Placement& placement = Placement::Host()) {
    return backend_.Load(model, {.placement = placement}, Deadline::Never());
  }
  std::shared_ptr<const Graph> MustLoad(const Model& model,
                                        const Placement& placement = Placement::Host()) {
    auto graph = Load(model, placement);
    EXPECT_THAT(graph, IsOk());
    return graph.value_or(nullptr);
  }

  test::TempDir temp_;
  fake::Counters counters_;
  fake::Backend backend_{
      {Encoding::kOnnx, Encoding::kTensorFlow}, counters_, "fake", Isolation::kTenant};
};

TEST_F(GraphTableTest, AFileIsLoadedOnceWhateverItsName) {
  const fs::path file = Write("a", "io f32 1");
  fs::create_hard_link(file, temp_.path() / "b");
  fs::create_symlink("a", temp_.path() / "c");
  Settle();
  const auto graph = MustLoad(FileModel(file));
  for (const char* name : {"a", "b", "c", "./a"}) {
    EXPECT_EQ(MustLoad(FileModel(temp_.path() / name)), graph) << name;
  }
  EXPECT_EQ(counters_.loads, 1);
  EXPECT_EQ(backend_.FindLoaded(FileModel(file), Placement::Host()), graph);
}

TEST_F(GraphTableTest, BytesAreLoadedOnceWhoeverHasThem) {
  EXPECT_EQ(MustLoad(fake::NewModel("io f32 1")), MustLoad(fake::NewModel("io f32 1")));
}

TEST_F(GraphTableTest, OtherContentIsAnotherGraph) {
  const auto graph = MustLoad(fake::NewModel("io f32 1"));
  EXPECT_NE(MustLoad(fake::NewModel("io f32 2")), graph);
  // Only what the bytes say is looked at, not where they are from.
  EXPECT_NE(MustLoad(FileModel(Write("a", "io f32 1"))), graph);
  EXPECT_NE(MustLoad(FileModel(Write("a", "io f32 1"))),
            MustLoad(FileModel(Write("b", "io f32 1"))));
}

TEST_F(GraphTableTest, WhateverDecidesAGraphMakesAnotherOne) {
  const Model model = FileModel(Write("a", "io f32 1"));
  std::vector<std::shared_ptr<const Graph>> graphs = {MustLoad(model)};
  const auto expect_another = [&](const Model& other,
                                  const Placement& placement = Placement::Host()) {
    auto graph = MustLoad(other, placement);
    for (const auto& known : graphs) EXPECT_NE(graph, known);
    graphs.push_back(std::move(graph));
  };
  Model other = model;
  other.encoding = Encoding::kTensorFlow;
  expect_another(other);
  other = model;
  other.target = Target::kAuto;
  expect_another(other);
  other = model;
  other.options = {{"threads", "1"}};
  expect_another(other);
  other.options = {{"threads", "2"}};
  expect_another(other);
  other = model;
  other.warm_up = true;
  expect_another(other);
  expect_another(model, Placement::Host(Isolation::kTenant));
  expect_another(model, Placement::Tenant(1, Isolation::kTenant));
  expect_another(model, Placement::Tenant(2, Isolation::kTenant));
  expect_another(model, Placement::Host(Isolation::kHost));
}

TEST_F(GraphTableTest, AGuestsModelIsSharedWithNobody) {
  Model guests = fake::NewModel("io f32 1");
  guests.origin = Origin::kGuest;
  const auto one = MustLoad(guests);
  EXPECT_NE(MustLoad(guests), one);
  EXPECT_NE(MustLoad(fake::NewModel("io f32 1")), one);
  EXPECT_EQ(backend_.FindLoaded(guests, Placement::Host()), nullptr);
}

TEST_F(GraphTableTest, AFileThatHasChangedIsAnotherModel) {
  const fs::path file = Write("a", "io f32 1");
  const auto then = fs::last_write_time(file);
  const auto old = MustLoad(FileModel(file));
  // The new content has the same size and age.
  Write("a", "io f32 2");
  fs::last_write_time(file, then);
  Settle();
  const auto changed = MustLoad(FileModel(file));
  EXPECT_NE(changed, old);
  // Another file in its place.
  fs::rename(Write("b", "io f32 2"), file);
  fs::last_write_time(file, then);
  Settle();
  EXPECT_NE(MustLoad(FileModel(file)), changed);
}

// In file systems that keep seconds, for instance, a second change may leave no trace.
TEST_F(GraphTableTest, AFileThatHasChangedJustNowIsSharedWithNobody) {
  const fs::path file = Write("a", "io f32 1");
  // Until the three of them come in time.
  for (;;) {
    const auto changed = std::chrono::steady_clock::now();
    fs::last_write_time(file, fs::last_write_time(file));
    const auto one = MustLoad(FileModel(file));
    const auto other = MustLoad(FileModel(file));
    const auto found = backend_.FindLoaded(FileModel(file), Placement::Host());
    if (std::chrono::steady_clock::now() - changed > std::chrono::milliseconds(10)) continue;
    EXPECT_NE(one, other);
    EXPECT_EQ(found, nullptr);
    return;
  }
}

// The link is followed when the files are looked at, and once more when they are opened.
TEST_F(GraphTableTest, WhatIsLoadedThroughALinkThatTurnsIsNotKeptForAnother) {
  const fs::path old = Write("v1", "io f32 1\nload_waits");
  Write("v2", "io f32 2");
  const fs::path link = temp_.path() / "current";
  fs::create_symlink("v1", link);
  auto load = std::async(std::launch::async, [&] { return Load(FileModel(link)); });
  ASSERT_TRUE(counters_.loading.AwaitWaiting());
  fs::remove(link);
  fs::create_symlink("v2", link);
  counters_.loading.Open();
  const auto first = load.get();
  ASSERT_THAT(first, IsOk());
  EXPECT_NE(MustLoad(FileModel(old)), *first);
}

TEST_F(GraphTableTest, AGraphThatHasEndedIsLoadedAgain) {
  const Model model = fake::NewModel("io f32 1");
  MustLoad(model).reset();
  EXPECT_EQ(counters_.graphs, 0);
  EXPECT_EQ(backend_.FindLoaded(model, Placement::Host()), nullptr);
  MustLoad(model);
  EXPECT_EQ(counters_.loads, 2);
}

TEST_F(GraphTableTest, ThoseWhoComeDuringALoadWaitForIt) {
  const Model model = fake::NewModel("io f32 1\nload_waits");
  std::vector<std::future<Loaded>> loads;
  for (int i = 0; i < 8; ++i) {
    loads.push_back(std::async(std::launch::async, [&] { return Load(model); }));
  }
  ASSERT_TRUE(counters_.loading.AwaitWaiting());
  const auto late = backend_.Load(model, {}, Deadline::After(std::chrono::milliseconds(1)));
  EXPECT_THAT(late, Fails(ErrorCode::kTimeout, "the model is still loading"));
  counters_.loading.Open();
  const auto graph = loads.front().get();
  ASSERT_THAT(graph, IsOk());
  for (std::size_t i = 1; i < loads.size(); ++i) EXPECT_EQ(loads[i].get().value(), *graph);
  EXPECT_EQ(counters_.loads, 1);
}

TEST_F(GraphTableTest, AnotherModelDoesNotWait) {
  const Model slow = fake::NewModel("io f32 1\nload_waits");
  auto load = std::async(std::launch::async, [&] { return Load(slow); });
  ASSERT_TRUE(counters_.loading.AwaitWaiting());
  MustLoad(fake::NewModel("io f32 1"));
  counters_.loading.Open();
  EXPECT_THAT(load.get(), IsOk());
}

TEST_F(GraphTableTest, AFailureIsNobodyElses) {
  const Model model = fake::NewModel("fail_load bad luck");
  EXPECT_FALSE(Load(model));
  EXPECT_FALSE(Load(model));
  EXPECT_EQ(counters_.loads, 2);
}

TEST_F(GraphTableTest, AnExceptionLeavesTheNextToLoad) {
  graph::GraphTable table;
  const graph::GraphTable::Key key(Placement::Host(), {});
  const auto throws = [&]() -> Loaded { throw std::runtime_error("bad luck"); };
  const auto is_unchanged = [] { return true; };
  EXPECT_THROW(static_cast<void>(table.FindOrLoad(key, Deadline::Never(), throws, is_unchanged)),
               std::runtime_error);
  const auto loads = [&] { return Load(fake::NewModel("io f32 1")); };
  const auto graph = table.FindOrLoad(key, Deadline::Never(), loads, is_unchanged);
  ASSERT_THAT(graph, IsOk());
  EXPECT_EQ(table.Find(key), *graph);
}

}  // namespace
}  // namespace namesake
