// Outputs that are inputs, or one tensor twice: whoever keeps one has it as it was, whatever is
// computed later and ends.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backends/suite.h"
#include "graph/tensor_buffer.h"

namespace namesake::backends {
namespace {

// What a model puts out for an input of f32 [4]: the output that is alike, and the other one.
struct Expected {
  std::vector<float> first;
  std::vector<float> second;

  friend bool operator==(const Expected&, const Expected&) = default;
};

class Outputs : public Suite {
 protected:
  static constexpr Purpose kPurposes[] = {Purpose::kPassed, Purpose::kRepeated};

  // The fake backend negates nothing.
  Expected ExpectedOf(Purpose purpose, const std::vector<float>& input) const {
    std::vector<float> negated = input;
    if (subject().name != "fake") {
      for (float& value : negated) value = -value;
    }
    return {purpose == Purpose::kPassed ? input : negated, negated};
  }

  // The index of the output that is the input. Not every reader keeps the model's order.
  static std::size_t Passed(const Graph& graph) {
    const auto& outputs = graph.outputs();
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i].name.starts_with("x")) return i;
      if (std::ranges::any_of(outputs[i].aliases,
                              [](const std::string& name) { return name.starts_with("x"); })) {
        return i;
      }
    }
    return 0;
  }

  // The index of the other one.
  static std::size_t Other(const Graph& graph) {
    return graph.outputs().size() == 1 ? 0 : 1 - Passed(graph);
  }

  static std::vector<float> FloatsOf(const SharedTensor& tensor) {
    const auto* const begin = reinterpret_cast<const float*>(tensor.bytes.get());
    return {begin, begin + tensor.size / sizeof(float)};
  }

  struct Kept {
    SharedTensor first;
    SharedTensor second;

    Expected values() const { return {FloatsOf(first), FloatsOf(second)}; }
  };
  static Kept Keep(ExecutionContext& context) {
    auto kept = context.ShareOutput(Passed(context.graph()));
    auto other = context.ShareOutput(Other(context.graph()));
    EXPECT_THAT(kept, IsOk());
    EXPECT_THAT(other, IsOk());
    if (!kept || !other) return {};
    return {*std::move(kept), *std::move(other)};
  }
};

const std::vector<float> kValues = {1, -2, 3, -4};
const std::vector<float> kOthers = {9, 8, -7, 6};
const Dims kFour = {4};

TEST_P(Outputs, AreRightAndKeptUnchanged) {
  for (const Purpose purpose : kPurposes) {
    SCOPED_TRACE(static_cast<int>(purpose));
    auto graph = LoadFor(purpose);
    ASSERT_NE(graph, nullptr);
    const bool is_one =
        purpose == Purpose::kRepeated && subject().encoding == Encoding::kTensorFlowLite;
    ASSERT_EQ(graph->outputs().size(), is_one ? 1U : 2U);
    auto context = NewContext(*graph);
    ASSERT_THAT(context->SetInput(0, F32(kFour, kValues)), IsOk());
    ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
    const auto expected = ExpectedOf(purpose, kValues);
    EXPECT_EQ(Floats(*context, Passed(*graph)), expected.first);
    const Kept kept = Keep(*context);
    EXPECT_EQ(kept.values(), expected);
    // Setting an input must not write through an output that is that input.
    ASSERT_THAT(context->SetInput(0, F32(kFour, kOthers)), IsOk());
    EXPECT_EQ(kept.values(), expected);
    std::vector<Kept> later;
    for (int i = 0; i < 3; ++i) {
      ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
      later.push_back(Keep(*context));
    }
    EXPECT_EQ(kept.values(), expected);
    context = nullptr;
    graph = nullptr;
    EXPECT_EQ(kept.values(), expected);
    for (const Kept& one : later) EXPECT_EQ(one.values(), ExpectedOf(purpose, kOthers));
  }
}

// The bytes that were shared as the input stay whoever's they are.
TEST_P(Outputs, OfASharedInputLeaveItAlone) {
  for (const Purpose purpose : kPurposes) {
    SCOPED_TRACE(static_cast<int>(purpose));
    const auto graph = LoadFor(purpose);
    auto context = NewContext(*graph);
    const auto input = CopyTensor(F32(kFour, kValues)).value();
    ASSERT_THAT(context->ShareInput(0, input), IsOk());
    ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
    const Kept kept = Keep(*context);
    // Its own output is its next input.
    ASSERT_THAT(context->ShareInput(0, kept.second), IsOk());
    ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
    const auto expected = ExpectedOf(purpose, kValues);
    EXPECT_EQ(Keep(*context).values(), ExpectedOf(purpose, expected.second));
    context = nullptr;
    EXPECT_EQ(kept.values(), expected);
    EXPECT_EQ(FloatsOf(input), kValues);
  }
}

// A backend that computes into given memory leaves the output to the caller.
TEST_P(Outputs, StayInTheMemoryThatTheyWereGiven) {
  if (subject().isolation == Isolation::kTenant) return;  // The host's side has memory of its own.
  for (const Purpose purpose : kPurposes) {
    SCOPED_TRACE(static_cast<int>(purpose));
    const auto graph = LoadFor(purpose);
    const auto context = NewContext(*graph);
    const std::size_t size = kValues.size() * sizeof(float);
    for (std::size_t i = 0; i < graph->outputs().size(); ++i) {
      ASSERT_THAT(context->PlaceOutput(i, graph::NewTensorBytes(size).value(), size), IsOk());
    }
    for (const auto& values : {kValues, kOthers}) {
      ASSERT_THAT(context->SetInput(0, F32(kFour, values)), IsOk());
      ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
      EXPECT_EQ((Expected{Floats(*context, Passed(*graph)), Floats(*context, Other(*graph))}),
                ExpectedOf(purpose, values));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Outputs, testing::Range<std::size_t>(0, Subjects().size()), NameOf);

}  // namespace
}  // namespace namesake::backends
