#include "graph/warm_up.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "backend_fake/fake_backend.h"
#include "support/log_lines.h"
#include "support/matchers.h"

namespace namesake {
namespace {

using test::IsOk;

// An input of one inference.
struct Given {
  std::vector<std::uint64_t> dims;
  std::vector<std::byte> bytes;
};

// Takes i16 [2,?,3..8] and f32 of any rank, and keeps what it is given.
class Recorder : public Graph {
 public:
  explicit Recorder(std::vector<Given>& given)
      : Graph({{.name = "x",
                .type = ElementType::kI16,
                .shape = std::vector{Dim::Fixed(2), Dim::Dynamic(), Dim{.min = 3, .max = 8}}},
               {.name = "any"}},
              {}, 0),
        given_(given) {}

  Result<std::unique_ptr<ExecutionContext>> NewContext(const Placement&) const override {
    class Context : public ExecutionContext {
     public:
      Context(std::shared_ptr<const Graph> graph, std::vector<Given>& given)
          : ExecutionContext(std::move(graph)), given_(given) {}

     private:
      Result<void> CopyInput(std::size_t, const TensorView& tensor) override {
        given_.push_back(
            {{tensor.dims.begin(), tensor.dims.end()}, {tensor.data.begin(), tensor.data.end()}});
        return {};
      }
      Result<void> Run(Deadline) override { return {}; }
      Result<TensorView> ReadOutput(std::size_t) override { return TensorView(); }

      std::vector<Given>& given_;
    };
    return std::make_unique<Context>(shared_from_this(), given_);
  }

 private:
  std::vector<Given>& given_;
};

TEST(GraphWarmUp, GivesZerosOfTheSmallestShape) {
  std::vector<Given> given;
  graph::WarmUp(std::make_shared<Recorder>(given), "it", Deadline::Never());
  ASSERT_EQ(given.size(), 2U);
  EXPECT_EQ(given[0].dims, (std::vector<std::uint64_t>{2, 1, 3}));
  EXPECT_EQ(given[0].bytes, std::vector<std::byte>(12));
  EXPECT_EQ(given[1].dims, std::vector<std::uint64_t>{1});
  EXPECT_EQ(given[1].bytes, std::vector<std::byte>(4));
}

class WarmUp : public testing::Test {
 protected:
  Result<std::shared_ptr<const Graph>> Load(std::string_view text,
                                            Deadline deadline = Deadline::Never()) {
    Model model = fake::NewModel(text);
    model.warm_up = true;
    return backend_.Load(model, {}, deadline);
  }
  // The thread of an inference uses the counters until it lets go of the graph.
  void AwaitEndOfGraphs() const {
    while (counters_.graphs > 0) std::this_thread::yield();
  }

  fake::Counters counters_;
  fake::Backend backend_{{Encoding::kOnnx}, counters_};
  test::LogLines log_;
};

TEST_F(WarmUp, IsOneInferenceOfALoadThatAsksForIt) {
  ASSERT_THAT(backend_.Load(fake::NewModel("io f32 ?,3"), {}, Deadline::Never()), IsOk());
  EXPECT_EQ(counters_.computes, 0);
  const auto graph = Load("io f32 ?,3\nio bool 4");
  ASSERT_THAT(graph, IsOk());
  EXPECT_EQ(counters_.computes, 1);
  EXPECT_EQ(counters_.input_bytes_copied, 3 * sizeof(float) + 4);
  EXPECT_EQ(counters_.contexts, 0);
  EXPECT_EQ(graph->use_count(), 1);
  EXPECT_EQ(log_.Count("debug: a model of 20 bytes in memory was warmed up"), 1);
}

TEST_F(WarmUp, ThatFailsIsIgnored) {
  EXPECT_THAT(Load("io f32 3\nfail_compute bad luck"), IsOk());
  EXPECT_EQ(counters_.computes, 1);
  EXPECT_EQ(log_.Count("was not warmed up: bad luck"), 1);
}

TEST_F(WarmUp, EndsAtTheLoadsDeadline) {
  EXPECT_THAT(Load("io f32 3\ncompute_waits", Deadline::After(std::chrono::milliseconds(1))),
              IsOk());
  AwaitEndOfGraphs();
}

TEST_F(WarmUp, ThatCantBeStoppedIsLeftBehind) {
  EXPECT_THAT(Load("io f32 3\ncompute_hangs", Deadline::After(std::chrono::milliseconds(1))),
              IsOk());
  EXPECT_EQ(counters_.graphs, 1);
  counters_.computing.Open();
  AwaitEndOfGraphs();
}

TEST_F(WarmUp, IsLeftToTheWorkerOfABackendInWorkers) {
  fake::Backend backend({Encoding::kOnnx}, counters_, "fake", Isolation::kTenant);
  Model model = fake::NewModel("io f32 3");
  model.warm_up = true;
  ASSERT_THAT(backend.Load(model, {}, Deadline::Never()), IsOk());
  EXPECT_EQ(counters_.computes, 0);
}

}  // namespace
}  // namespace namesake
