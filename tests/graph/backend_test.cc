// The checks and the order of calls that all backends share, tested on the fake backend.
#include "namesake/backend.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <vector>

#include "backend_fake/fake_backend.h"
#include "support/matchers.h"

namespace namesake {
namespace {

using test::Fails;
using test::FailsInDetail;
using test::IsOk;

class ExecutionContextTest : public testing::Test {
 protected:
  std::unique_ptr<ExecutionContext> Context(std::string_view script) {
    fake::Backend backend({Encoding::kOnnx}, counters_);
    const auto graph = backend.Load(fake::NewModel(script), {}, Deadline::Never());
    EXPECT_THAT(graph, IsOk());
    return (*graph)->NewContext(Placement::Host()).value();
  }

  static Result<void> Set(ExecutionContext& context, std::size_t index, std::vector<float> values) {
    const std::vector<std::uint64_t> dims = {values.size()};
    return context.SetInput(
        index, {.type = ElementType::kF32, .dims = dims, .data = std::as_bytes(std::span(values))});
  }

  static std::vector<float> Get(ExecutionContext& context, std::size_t index) {
    const auto output = context.Output(index);
    EXPECT_THAT(output, IsOk());
    std::vector<float> values(output->data.size() / sizeof(float));
    std::memcpy(values.data(), output->data.data(), output->data.size());
    return values;
  }

  fake::Counters counters_;
};

TEST_F(ExecutionContextTest, ComputesWhatWasSet) {
  const auto context = Context("io f32 2\nio f32 ?");
  ASSERT_THAT(Set(*context, 0, {1, 2}), IsOk());
  ASSERT_THAT(Set(*context, 1, {3, 4, 5}), IsOk());
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  EXPECT_EQ(Get(*context, 0), (std::vector<float>{1, 2}));
  EXPECT_EQ(Get(*context, 1), (std::vector<float>{3, 4, 5}));
}

TEST_F(ExecutionContextTest, InputsStaySetUntilReplaced) {
  const auto context = Context("io f32 1\nio f32 1");
  ASSERT_THAT(Set(*context, 0, {1}), IsOk());
  ASSERT_THAT(Set(*context, 1, {2}), IsOk());
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  ASSERT_THAT(Set(*context, 1, {3}), IsOk());
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  EXPECT_EQ(Get(*context, 0), std::vector<float>{1});
  EXPECT_EQ(Get(*context, 1), std::vector<float>{3});
}

TEST_F(ExecutionContextTest, ARefusedInputKeepsTheOneBefore) {
  const auto context = Context("io f32 2");
  ASSERT_THAT(Set(*context, 0, {1, 2}), IsOk());
  EXPECT_THAT(Set(*context, 0, {1, 2, 3}),
              Fails(ErrorCode::kInvalidArgument, "input 0 (\"in0\") expects f32 [2], got [3]"));
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  EXPECT_EQ(Get(*context, 0), (std::vector<float>{1, 2}));
}

TEST_F(ExecutionContextTest, AMissingInputIsNamed) {
  const auto context = Context("io f32 1\nio f32 1");
  ASSERT_THAT(Set(*context, 0, {1}), IsOk());
  EXPECT_THAT(context->Compute(Deadline::Never()),
              Fails(ErrorCode::kInvalidArgument, "input 1 (\"in1\") was never set"));
  EXPECT_EQ(counters_.computes, 0);
}

TEST_F(ExecutionContextTest, ThereIsNoOutputBeforeAComputeOrAfterAFailedOne) {
  const auto context = Context("io f32 1\nfail_compute bad luck");
  const auto no_output =
      Fails(ErrorCode::kInvalidArgument,
            "there is no output yet: no inference has succeeded, or the last one failed");
  EXPECT_THAT(context->Output(0), no_output);
  ASSERT_THAT(Set(*context, 0, {1}), IsOk());
  EXPECT_THAT(context->Compute(Deadline::Never()),
              FailsInDetail(ErrorCode::kRuntimeError, "bad luck"));
  EXPECT_THAT(context->Output(0), no_output);
}

TEST_F(ExecutionContextTest, IndicesBeyondTheGraphAreRefused) {
  const auto context = Context("io f32 1");
  EXPECT_THAT(Set(*context, 1, {1}),
              Fails(ErrorCode::kInvalidArgument, "unknown input 1; the graph has 1"));
  EXPECT_THAT(context->Output(7),
              Fails(ErrorCode::kInvalidArgument, "unknown output 7; the graph has 1"));
}

TEST_F(ExecutionContextTest, WorksAfterADeadline) {
  const auto context = Context("io f32 1\ncompute_waits");
  ASSERT_THAT(Set(*context, 0, {1}), IsOk());
  EXPECT_THAT(context->Compute(Deadline::After(std::chrono::milliseconds(1))),
              Fails(ErrorCode::kTimeout, "the inference passed its deadline"));
  counters_.computing.Open();
  EXPECT_THAT(context->Compute(Deadline::Never()), IsOk());
}

TEST_F(ExecutionContextTest, CopiesAnInputOnce) {
  const auto context = Context("io f32 4");
  ASSERT_THAT(Set(*context, 0, {1, 2, 3, 4}), IsOk());
  EXPECT_EQ(counters_.input_bytes_copied, 16U);
}

TEST_F(ExecutionContextTest, KeepsItsGraph) {
  auto context = Context("io f32 1");  // By now the graph has no other owners.
  EXPECT_EQ(counters_.graphs, 1);
  context.reset();
  EXPECT_EQ(counters_.graphs, 0);
}

class NamedGraph : public Graph {
 public:
  NamedGraph()
      : Graph({{.name = "data", .aliases = {"data:0"}, .shape = {}},
               {.name = "", .aliases = {}, .shape = {}},
               {.name = "0", .aliases = {}, .shape = {}}},
              {}, 0) {}
  Result<std::unique_ptr<ExecutionContext>> NewContext(
      const Placement& /*placement*/) const override {
    return std::unexpected(Error(ErrorCode::kUnsupported, ""));
  }
};

TEST(Graph, FindsAnInputByItsNamesFirstAndThenByItsIndex) {
  const NamedGraph graph;
  EXPECT_EQ(graph.FindInput("data"), 0U);
  EXPECT_EQ(graph.FindInput("data:0"), 0U);
  EXPECT_EQ(graph.FindInput("1"), 1U);
  EXPECT_EQ(graph.FindInput("0"), 2U);  // A name that looks like an index is a name.
  EXPECT_EQ(graph.FindInput("2"), 2U);
  for (const std::string_view none :
       {"3", "", "01", "-1", "+1", "1 ", "0x1", "other", "99999999999999999999999"}) {
    EXPECT_EQ(graph.FindInput(none), std::nullopt) << none;
  }
  EXPECT_EQ(graph.FindOutput("0"), std::nullopt);
}

}  // namespace
}  // namespace namesake
