// The contract that holds for every backend, whatever its capabilities.
#include <thread>

#include "backends/suite.h"

namespace namesake::backends {
namespace {

class Contract : public Suite {
 protected:
  void SetUp() override {
    graph_ = LoadFor(Purpose::kPlain);
    ASSERT_NE(graph_, nullptr);
  }

  std::vector<float> Infer(ExecutionContext& context, float factor = 1) {
    std::vector<float> input = sample_.input;
    for (float& value : input) value *= factor;
    EXPECT_THAT(context.SetInput(0, F32(sample_.dims, input)), IsOk());
    EXPECT_THAT(context.Compute(Deadline::Never()), IsOk());
    return Floats(context);
  }

  const Sample sample_ = PlainSample(subject());
  std::shared_ptr<const Graph> graph_;
};

TEST_P(Contract, AGraphDescribesItself) {
  EXPECT_EQ(graph_->encoding(), subject().encoding);
  EXPECT_GT(graph_->model_bytes(), 0U);
  EXPECT_EQ(graph_->model_bytes(),
            backend().Measure(*ModelFor(subject(), Purpose::kPlain)).value_or(0));
  ASSERT_EQ(graph_->inputs().size(), 1U);
  ASSERT_EQ(graph_->outputs().size(), 1U);
  EXPECT_EQ(graph_->inputs()[0].type, ElementType::kF32);
  EXPECT_EQ(graph_->outputs()[0].type, ElementType::kF32);
  EXPECT_EQ(graph_->FindInput("0"), 0U);
  EXPECT_EQ(graph_->FindInput(graph_->inputs()[0].name), 0U);
  EXPECT_EQ(graph_->FindOutput(graph_->outputs()[0].name), 0U);
  EXPECT_EQ(graph_->FindInput("no such name"), std::nullopt);
  EXPECT_EQ(graph_->FindOutput("1"), std::nullopt);
}

TEST_P(Contract, InferencesAreRight) {
  const auto context = NewContext(*graph_);
  EXPECT_EQ(Infer(*context), sample_.output);
  EXPECT_EQ(Infer(*context), sample_.output);
}

TEST_P(Contract, AnInputStaysSet) {
  const auto context = NewContext(*graph_);
  EXPECT_EQ(Infer(*context), sample_.output);
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  EXPECT_EQ(Floats(*context), sample_.output);
}

TEST_P(Contract, WrongInputsAreRefused) {
  const auto context = NewContext(*graph_);
  const auto refused = [&](const TensorView& tensor, std::size_t index = 0) {
    const auto set = context->SetInput(index, tensor);
    return set ? ErrorCode::kInternal : set.error().code();
  };
  const Dims more(sample_.dims.size() + 1, 1);
  EXPECT_EQ(refused(F32(more, {1})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused(ViewOf(ElementType::kI32, sample_.dims, sample_.input)),
            ErrorCode::kInvalidArgument);
  const std::vector<float> shorter(sample_.input.begin(), sample_.input.end() - 1);
  EXPECT_EQ(refused(F32(sample_.dims, shorter)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused(F32(sample_.dims, sample_.input), 1), ErrorCode::kInvalidArgument);
  EXPECT_THAT(context->Compute(Deadline::Never()),
              Fails(ErrorCode::kInvalidArgument,
                    TensorLabel("input", 0, graph_->inputs()[0]) + " was never set"));
  EXPECT_EQ(Infer(*context), sample_.output);
}

TEST_P(Contract, AKeptOutputNeverChanges) {
  auto context = NewContext(*graph_);
  Infer(*context);
  const auto kept = context->ShareOutput(0);
  ASSERT_THAT(kept, IsOk());
  Infer(*context, 2);
  const auto second = context->ShareOutput(0);
  ASSERT_THAT(second, IsOk());
  EXPECT_NE(second->bytes, kept->bytes);
  context = nullptr;
  graph_ = nullptr;
  EXPECT_TRUE(std::ranges::equal(kept->view().data, std::as_bytes(std::span(sample_.output))));
}

TEST_P(Contract, AnOutputMayBeAnInput) {
  const auto context = NewContext(*graph_);
  Infer(*context);
  const auto kept = context->ShareOutput(0);
  ASSERT_THAT(kept, IsOk());
  const auto other = NewContext(*graph_);
  if (kept->dims != sample_.dims) return;
  ASSERT_THAT(other->ShareInput(0, *kept), IsOk());
  ASSERT_THAT(other->Compute(Deadline::Never()), IsOk());
  EXPECT_TRUE(std::ranges::equal(kept->view().data, std::as_bytes(std::span(sample_.output))));
}

TEST_P(Contract, TwoInputsAndOutputsAreTakenByIndex) {
  const auto graph = LoadFor(Purpose::kTwo);
  if (graph == nullptr) return;
  ASSERT_EQ(graph->inputs().size(), 2U);
  ASSERT_EQ(graph->outputs().size(), 2U);
  const auto context = NewContext(*graph);
  const Dims dims = {2, 2};
  ASSERT_THAT(context->SetInput(1, F32(dims, {0, 0, 0, 0})), IsOk());
  ASSERT_THAT(context->SetInput(0, F32(dims, {1, 2, 3, 4})), IsOk());
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  EXPECT_EQ(Floats(*context, 0), (std::vector<float>{1, 2, 3, 4}));
}

TEST_P(Contract, ContextsRunInParallel) {
  constexpr std::size_t kContexts = 8;
  std::vector<std::vector<float>> expected(kContexts);
  std::vector<std::vector<float>> got(kContexts);
  for (std::size_t i = 0; i < kContexts; ++i) {
    expected[i] = Infer(*NewContext(*graph_), static_cast<float>(i + 1));
  }
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kContexts; ++i) {
      threads.emplace_back([&, i] {
        const auto context = NewContext(*graph_);
        for (int j = 0; j < 10; ++j) got[i] = Infer(*context, static_cast<float>(i + 1));
      });
    }
  }
  EXPECT_EQ(got, expected);
}

TEST_P(Contract, UnknownEncodingsAreRefused) {
  for (int i = 0; i < kEncodingCount; ++i) {
    const auto encoding = static_cast<Encoding>(i);
    if (std::ranges::count(backend().encodings(), encoding) > 0) continue;
    Model model = *ModelFor(subject(), Purpose::kPlain);
    model.encoding = encoding;
    const auto graph = Load(model);
    ASSERT_FALSE(graph) << EncodingName(encoding);
    EXPECT_EQ(graph.error().code(), ErrorCode::kInvalidEncoding);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Contract, testing::Range<std::size_t>(0, Subjects().size()), NameOf);

}  // namespace
}  // namespace namesake::backends
