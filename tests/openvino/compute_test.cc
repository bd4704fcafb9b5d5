// Deadlines, and contexts in parallel.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "namesake/openvino.h"
#include "openvino/support.h"
#include "support/backend_cases.h"

namespace namesake::openvino {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kImage = 3UL * 224 * 224;

TEST(Deadlines, AComputeThatTakesTooLongIsStoppedAndTheContextGoesOn) {
  // On one thread, so that the batch takes half a second on any machine.
  const auto graph = MustLoad(
      FileModel(Encoding::kOpenVino, {ExampleModel("efficientnet-lite0.xml")}, {{"threads", "1"}}));
  auto context = graph->NewContext(Placement::Host()).value();
  constexpr std::uint64_t kBatch = 64;
  const std::vector<std::uint64_t> heavy = {kBatch, 3, 224, 224};
  const std::vector<float> images(kBatch * kImage, 0.5F);
  ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, heavy, images)));
  const auto stopped = context->Compute(Deadline::After(milliseconds(50)));
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code(), ErrorCode::kTimeout);
  EXPECT_EQ(stopped.error().message(), "the inference did not finish in time");
  EXPECT_FALSE(context->Output(0));
  const std::vector<std::uint64_t> light = {2, 3, 224, 224};
  const std::vector<float> image = Numbers(4).Floats(2 * kImage);
  ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, light, image)));
  ASSERT_TRUE(context->Compute(Deadline::Never()));
  ExpectClose(Floats(context->Output(0).value()), Expected("efficientnet"), 2e-3F);
}

TEST(Deadlines, OneThatHasPassedStartsNothing) {
  const auto graph = MustLoad(FileModel(Encoding::kOnnx, {TinyModel("same.onnx")}));
  test::ExpectAPassedDeadlineStartsNothing(*graph);
}

TEST(Deadlines, ALoadLooksAtItsDeadlineToo) {
  const Model model = FileModel(Encoding::kOnnx, {TinyModel("same.onnx")});
  const auto late = TheBackend().Load(model, {}, Deadline::After(milliseconds(-1)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), ErrorCode::kTimeout);
}

TEST(Parallel, ContextsGiveExactlyWhatTheyGiveAlone) {
  for (const char* hint : {"latency", "throughput"}) {
    SCOPED_TRACE(hint);
    const auto graph =
        MustLoad(FileModel(Encoding::kOpenVino, {ExampleModel("efficientnet-lite0.xml")},
                           {{"performance_hint", hint}}));
    test::ExpectParallelContextsGiveWhatTheyGiveAlone(*graph);
  }
}

TEST(Parallel, BackendsMayBeUsedFirstByManyThreads) {
  test::ExpectManyThreadsMayStart(*NewOpenVinoBackend());
}

TEST(Lifetime, AContextOutlivesItsGraphAndTheBackend) {
  std::unique_ptr<ExecutionContext> context;
  {
    const auto backend = NewOpenVinoBackend();
    const Path xml = ExampleModel("efficientnet-lite0.xml");
    const Path bin = ExampleModel("efficientnet-lite0.bin");
    const auto graph = backend->Load(
        BytesModel(Encoding::kOpenVino, {ReadBlob(xml), ReadBlob(bin)}), {}, Deadline::Never());
    context = graph.value()->NewContext(Placement::Host()).value();
  }
  const std::vector<std::uint64_t> dims = {1, 3, 224, 224};
  const auto image = Numbers(4).Floats(kImage);
  ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, dims, image)));
  ASSERT_TRUE(context->Compute(Deadline::Never()));
  const std::vector<float> expected = Expected("efficientnet");
  ExpectClose(Floats(context->Output(0).value()), std::span(expected).first(1000), 2e-3F);
}

}  // namespace
}  // namespace namesake::openvino
