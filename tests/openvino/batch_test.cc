// Models whose batch alone varies, which are compiled for a batch of one first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <openvino/runtime/core.hpp>
#include <string>
#include <utility>
#include <vector>

#include "backend_openvino/batch_one.h"
#include "openvino/modes.h"
#include "openvino/support.h"
#include "support/matchers.h"

namespace namesake::openvino {
namespace {

using test::Fails;
using test::IsOk;

// A worker's lines come late.
void ExpectCompiledForAny(const LogLines& log, int times) {
  if (!InWorkers()) {
    EXPECT_EQ(log.Count("for any batch"), times);
  }
}

std::vector<float> Add(ExecutionContext& context) {
  EXPECT_THAT(context.Compute(Deadline::Never()), IsOk());
  return Floats(context.Output(0).value());
}

class Batches : public testing::Test {
 protected:
  std::unique_ptr<ExecutionContext> NewContext() {
    return graph_->NewContext(Placement::Host()).value();
  }
  static Result<void> Set(ExecutionContext& context, std::size_t index,
                          const std::vector<float>& values) {
    const std::vector<std::uint64_t> dims = {values.size() / 2, 2};
    return context.SetInput(index, View(ElementType::kF32, dims, values));
  }

  const LogLines log_;
  const std::shared_ptr<const Graph> graph_ =
      MustLoad(FileModel(Encoding::kOnnx, {TinyModel("batches.onnx")}));
};

TEST_F(Batches, OfAnySizeGiveTheSameResults) {
  EXPECT_EQ(ShapeText(graph_->inputs()[0]), "[?,2]");
  EXPECT_EQ(ShapeText(graph_->outputs()[0]), "[?,2]");
  const auto context = NewContext();
  ASSERT_THAT(Set(*context, 0, {1, 2}), IsOk());
  ASSERT_THAT(Set(*context, 1, {10, 20}), IsOk());
  EXPECT_EQ(Add(*context), (std::vector<float>{11, 22}));
  ExpectCompiledForAny(log_, 0);
  ASSERT_THAT(Set(*context, 0, {1, 2, 3, 4}), IsOk());
  ASSERT_THAT(Set(*context, 1, {10, 20, 30, 40}), IsOk());
  EXPECT_EQ(Add(*context), (std::vector<float>{11, 22, 33, 44}));
  EXPECT_EQ(Dims(context->Output(0).value()), (std::vector<std::uint64_t>{2, 2}));
  ASSERT_THAT(Set(*context, 0, {5, 6}), IsOk());
  ASSERT_THAT(Set(*context, 1, {7, 8}), IsOk());
  EXPECT_EQ(Add(*context), (std::vector<float>{12, 14}));
  EXPECT_EQ(Dims(context->Output(0).value()), (std::vector<std::uint64_t>{1, 2}));
  // For all contexts.
  const auto other = NewContext();
  ASSERT_THAT(Set(*other, 0, {1, 1, 1, 1, 1, 1}), IsOk());
  ASSERT_THAT(Set(*other, 1, {1, 2, 3, 4, 5, 6}), IsOk());
  EXPECT_EQ(Add(*other), (std::vector<float>{2, 3, 4, 5, 6, 7}));
  ExpectCompiledForAny(log_, 1);
}

TEST_F(Batches, InputsStaySetWhenTheBatchOfOthersChanges) {
  const auto context = NewContext();
  ASSERT_THAT(Set(*context, 0, {1, 2}), IsOk());
  ASSERT_THAT(Set(*context, 1, {10, 20}), IsOk());
  EXPECT_EQ(Add(*context), (std::vector<float>{11, 22}));
  ASSERT_THAT(Set(*context, 0, {1, 2, 3, 4}), IsOk());
  EXPECT_EQ(Floats(context->Output(0).value()), (std::vector<float>{11, 22}));
  EXPECT_EQ(Add(*context), (std::vector<float>{11, 22, 13, 24}));
  ASSERT_THAT(Set(*context, 0, {3, 4}), IsOk());
  EXPECT_EQ(Add(*context), (std::vector<float>{13, 24}));
  EXPECT_EQ(Add(*context), (std::vector<float>{13, 24}));
}

TEST_F(Batches, WithoutElementsAreComputedToo) {
  const auto context = NewContext();
  ASSERT_THAT(Set(*context, 0, {}), IsOk());
  ASSERT_THAT(Set(*context, 1, {}), IsOk());
  EXPECT_EQ(Add(*context), std::vector<float>());
}

TEST_F(Batches, AKeptOutputOutlivesTheChange) {
  const auto context = NewContext();
  ASSERT_THAT(Set(*context, 0, {1, 2}), IsOk());
  ASSERT_THAT(Set(*context, 1, {10, 20}), IsOk());
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  const auto kept = context->ShareOutput(0).value();
  ASSERT_THAT(Set(*context, 0, {1, 2, 3, 4}), IsOk());
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  EXPECT_EQ(Floats(kept.view()), (std::vector<float>{11, 22}));
  // An output may be an input.
  ASSERT_THAT(context->ShareInput(0, kept), IsOk());
  EXPECT_EQ(Add(*context), (std::vector<float>{21, 42}));
}

TEST_F(Batches, OtherShapesAreRefusedAsBefore) {
  const auto context = NewContext();
  const std::vector<std::uint64_t> dims = {1, 3};
  EXPECT_THAT(
      context->SetInput(0, View(ElementType::kF32, dims, std::vector<float>(3))),
      Fails(ErrorCode::kInvalidArgument, "input 0 (\"left\") expects f32 [?,2], got [1,3]"));
}

TEST_F(Batches, ADeadlineThatHasPassedEndsAnInferenceOfAny) {
  const auto context = NewContext();
  ASSERT_THAT(Set(*context, 0, {1, 2, 3, 4}), IsOk());
  ASSERT_THAT(Set(*context, 1, {1, 2, 3, 4}), IsOk());
  EXPECT_THAT(context->Compute(Deadline::After(std::chrono::nanoseconds(0))),
              Fails(ErrorCode::kTimeout, "the inference did not finish in time"));
  EXPECT_EQ(Add(*context), (std::vector<float>{2, 4, 6, 8}));
}

TEST(BatchesOfRealModels, AgreeWithEachOther) {
  const ScratchDirectory scratch;
  const std::shared_ptr<CompiledCache> cache = CompiledCache::Open(scratch.path() / "c").value();
  for (const char* file : {"efficientnet-lite0.onnx", "efficientnet-lite0.xml"}) {
    SCOPED_TRACE(file);
    const bool is_onnx = std::string_view(file).ends_with("onnx");
    const Model model =
        FileModel(is_onnx ? Encoding::kOnnx : Encoding::kOpenVino, {ExampleModel(file)});
    constexpr std::size_t kOne = 3UL * 224 * 224;
    const auto two = Numbers(4).Floats(2 * kOne);
    // Compiled, and from the cache.
    for (int i = 0; i < 2; ++i) {
      const LogLines log;
      const auto graph = MustLoad(model, cache);
      const auto first =
          RunOnce(*graph, {{{1, 3, 224, 224}, {two.begin(), two.begin() + kOne}}}).at(0);
      ExpectCompiledForAny(log, 0);
      const auto both = RunOnce(*graph, {{{2, 3, 224, 224}, two}}).at(0);
      ExpectCompiledForAny(log, 1);
      ExpectClose(both, Expected("efficientnet"), 2e-3F);
      ExpectClose(first, std::span(both).first(first.size()), 1e-3F);
    }
  }
}

// The inputs' shapes of the model for a batch of one; empty if there is none.
std::vector<ov::PartialShape> ShapesForOne(const Path& path) {
  ov::Core core;
  const auto model = ForBatchOne(*core.read_model(path.string()));
  std::vector<ov::PartialShape> shapes;
  if (model == nullptr) return shapes;
  for (const auto& input : model->inputs()) shapes.push_back(input.get_partial_shape());
  return shapes;
}

TEST(BatchOne, IsForModelsOfWhichNothingElseVaries) {
  using testing::ElementsAre;
  EXPECT_THAT(ShapesForOne(TinyModel("batches.onnx")),
              ElementsAre(ov::PartialShape{1, 2}, ov::PartialShape{1, 2}));
  EXPECT_THAT(ShapesForOne(TinyModel("bounded.xml")), ElementsAre(ov::PartialShape{1, 3}));
  for (const char* file : {"counter.xml", "any_rank.xml", "aliased.xml"}) {
    EXPECT_THAT(ShapesForOne(TinyModel(file)), testing::IsEmpty()) << file;
  }
  EXPECT_THAT(
      ShapesForOne(PackagedModel("silero_vad/silero_vad/data/silero_vad_openvino_16k.onnx")),
      testing::IsEmpty());
}

class AnyBatchTest : public testing::Test {
 protected:
  AnyBatch NewAny(std::function<AnyBatch::Result()> make) {
    return AnyBatch([this, make = std::move(make)] {
      ++begun_;
      return make;
    });
  }

  int begun_ = 0;
  const std::shared_ptr<const Graph> graph_ =
      MustLoad(FileModel(Encoding::kOnnx, {TinyModel("same.onnx")}));
};

TEST_F(AnyBatchTest, IsMadeOnceAndWaitedForNoLongerThanToADeadline) {
  std::promise<void> go;
  const AnyBatch any = NewAny([this, gone = go.get_future().share()]() -> AnyBatch::Result {
    gone.wait();
    return graph_;
  });
  EXPECT_THAT(any.Get(Deadline::After(std::chrono::milliseconds(1))),
              Fails(ErrorCode::kTimeout, "the inference did not finish in time"));
  go.set_value();
  EXPECT_EQ(any.Get(Deadline::Never()).value(), graph_);
  EXPECT_EQ(any.Get(Deadline::Never()).value(), graph_);
  EXPECT_EQ(begun_, 1);
}

TEST_F(AnyBatchTest, IsMadeAgainAfterAFailure) {
  int calls = 0;
  const AnyBatch any = NewAny([&]() -> AnyBatch::Result {
    if (++calls > 1) return graph_;
    return std::unexpected(Error(ErrorCode::kRuntimeError, "no memory"));
  });
  EXPECT_THAT(any.Get(Deadline::Never()), Fails(ErrorCode::kRuntimeError, "no memory"));
  EXPECT_EQ(any.Get(Deadline::Never()).value(), graph_);
  EXPECT_EQ(begun_, 2);
}

}  // namespace
}  // namespace namesake::openvino
