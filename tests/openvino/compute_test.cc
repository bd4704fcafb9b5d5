// Deadlines, and contexts in parallel.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "namesake/openvino.h"
#include "openvino/support.h"

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
  auto context = graph->NewContext(Placement::Host()).value();
  const std::vector<std::uint64_t> dims = {2, 3};
  const std::vector<float> data = {1, 2, 3, 4, 5, 6};
  ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, dims, data)));
  const auto late = context->Compute(Deadline::After(milliseconds(-1)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), ErrorCode::kTimeout);
  ASSERT_TRUE(context->Compute(Deadline::After(std::chrono::minutes(5))));
  EXPECT_EQ(Floats(context->Output(0).value()), data);
}

TEST(Deadlines, ALoadLooksAtItsDeadlineToo) {
  const Model model = FileModel(Encoding::kOnnx, {TinyModel("same.onnx")});
  const auto late = TheBackend().Load(model, {}, Deadline::After(milliseconds(-1)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), ErrorCode::kTimeout);
}

std::vector<float> RunAlone(const Graph& graph, std::uint32_t seed) {
  return RunOnce(graph, {{{1, 3, 224, 224}, Numbers(seed).Floats(kImage)}})[0];
}

TEST(Parallel, ContextsGiveExactlyWhatTheyGiveAlone) {
  constexpr std::uint32_t kThreads = 8;
  for (const char* hint : {"latency", "throughput"}) {
    SCOPED_TRACE(hint);
    const auto graph =
        MustLoad(FileModel(Encoding::kOpenVino, {ExampleModel("efficientnet-lite0.xml")},
                           {{"performance_hint", hint}}));
    std::vector<std::vector<float>> alone;
    for (std::uint32_t seed = 0; seed < kThreads; ++seed) alone.push_back(RunAlone(*graph, seed));
    std::vector<std::thread> threads;
    for (std::uint32_t seed = 0; seed < kThreads; ++seed) {
      threads.emplace_back([&, seed] {
        auto context = graph->NewContext(Placement::Host()).value();
        const std::vector<std::uint64_t> dims = {1, 3, 224, 224};
        const auto image = Numbers(seed).Floats(kImage);
        ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, dims, image)));
        for (int i = 0; i < 6; ++i) {
          const auto deadline =
              i % 2 == 0 ? Deadline::Never() : Deadline::After(std::chrono::minutes(5));
          ASSERT_TRUE(context->Compute(deadline));
          EXPECT_EQ(Floats(context->Output(0).value()), alone[seed]);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
}

TEST(Parallel, BackendsMayBeUsedFirstByManyThreads) {
  const auto backend = NewOpenVinoBackend();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto graph = backend->Load(FileModel(Encoding::kOnnx, {TinyModel("dynamic.onnx")}), {},
                                       Deadline::Never());
      ASSERT_TRUE(graph) << graph.error().detail();
      EXPECT_EQ(RunOnce(**graph, {{{1, 3}, {1, -2, 3}}})[0], (std::vector<float>{1, 0, 3}));
    });
  }
  for (std::thread& thread : threads) thread.join();
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
