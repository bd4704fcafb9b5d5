// Deadlines, and contexts in parallel.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "onnxruntime/support.h"
#include "support/backend_cases.h"

namespace namesake::onnxruntime {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kImage = 3UL * 224 * 224;

// A Loop without an end, which ONNX Runtime leaves when it is told to.
TEST(OnnxRuntimeDeadlines, StopALoopAndTheContextGoesOn) {
  const auto graph = MustLoadTiny("repeat.onnx");
  const auto context = NewContext(*graph);
  const Extents four = {4};
  const Extents scalar;
  const std::vector<float> values = {1, 2, 3, 4};
  ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, four, values)));
  const auto repeat = [&](std::int64_t trips, Deadline deadline) {
    const std::vector<std::int64_t> count = {trips};
    EXPECT_TRUE(context->SetInput(1, View(ElementType::kI64, scalar, count)));
    return context->Compute(deadline);
  };
  for (int round = 0; round < 2; ++round) {
    const auto stopped = repeat(std::int64_t{1} << 62, Deadline::After(milliseconds(50)));
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code(), ErrorCode::kTimeout);
    EXPECT_EQ(stopped.error().message(), "the inference did not finish in time");
    EXPECT_FALSE(context->Output(0));
    ASSERT_TRUE(repeat(3, Deadline::After(std::chrono::minutes(5))));
    EXPECT_EQ(Floats(context->Output(0).value()), values);
  }
}

TEST(OnnxRuntimeDeadlines, StopANetworkBetweenItsOperations) {
  const auto graph =
      MustLoad(OnnxFile(ExampleModel("efficientnet-lite0.onnx"), {{"threads", "1"}}));
  const auto context = NewContext(*graph);
  constexpr std::uint64_t kBatch = 64;
  const Extents heavy = {kBatch, 3, 224, 224};
  const std::vector<float> images(kBatch * kImage, 0.5F);
  ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, heavy, images)));
  const auto stopped = context->Compute(Deadline::After(milliseconds(50)));
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code(), ErrorCode::kTimeout);
  const Extents light = {2, 3, 224, 224};
  const std::vector<float> image = Numbers(4).Floats(2 * kImage);
  ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, light, image)));
  ASSERT_TRUE(context->Compute(Deadline::Never()));
  ExpectClose(Floats(context->Output(0).value()), Expected("efficientnet"), 2e-4F);
}

TEST(OnnxRuntimeDeadlines, OneThatHasPassedStartsNothing) {
  test::ExpectAPassedDeadlineStartsNothing(*MustLoadTiny("same.onnx"));
}

TEST(OnnxRuntimeDeadlines, ALoadLooksAtItsDeadlineToo) {
  const auto late =
      TheBackend().Load(OnnxFile(TinyModel("same.onnx")), {}, Deadline::After(milliseconds(-1)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), ErrorCode::kTimeout);
}

TEST(OnnxRuntimeParallel, ContextsGiveExactlyWhatTheyGiveAlone) {
  test::ExpectParallelContextsGiveWhatTheyGiveAlone(
      *MustLoad(OnnxFile(ExampleModel("efficientnet-lite0.onnx"))));
}

TEST(OnnxRuntimeParallel, ABackendMayBeUsedFirstByManyThreads) {
  test::ExpectManyThreadsMayStart(*NewBackend());
}

TEST(OnnxRuntimeParallel, AContextOutlivesItsGraphAndTheBackend) {
  std::unique_ptr<ExecutionContext> context;
  {
    const auto backend = NewBackend();
    const auto graph = backend->Load(OnnxFile(TinyModel("dynamic.onnx")), {}, Deadline::Never());
    context = NewContext(*graph.value());
  }
  const Extents dims = {1, 3};
  ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, dims, std::vector<float>{1, -2, 3})));
  ASSERT_TRUE(context->Compute(Deadline::After(std::chrono::minutes(5))));
  EXPECT_EQ(Floats(context->Output(0).value()), (std::vector<float>{1, 0, 3}));
}

}  // namespace
}  // namespace namesake::onnxruntime
