#include "support/backend_cases.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>

#include "support/models.h"

namespace namesake::test {
namespace {

using Extents = std::vector<std::uint64_t>;

std::unique_ptr<ExecutionContext> NewContext(const Graph& graph) {
  return graph.NewContext(Placement::Host()).value();
}

std::vector<std::byte> Bytes(const TensorView& tensor) {
  return {tensor.data.begin(), tensor.data.end()};
}

}  // namespace

void ExpectBoolsAreBytes(const Graph& graph) {
  const auto context = NewContext(graph);
  const Extents dims = {4};
  const std::vector<std::uint8_t> data = {0, 1, 1, 0};
  ASSERT_TRUE(context->SetInput(0, View(ElementType::kBool, dims, data)));
  ASSERT_TRUE(context->Compute(Deadline::Never()));
  const std::vector<std::byte> expected = {std::byte{1}, std::byte{0}, std::byte{0}, std::byte{1}};
  EXPECT_EQ(Bytes(context->Output(0).value()), expected);
}

void ExpectAnExtentOfZeroIsComputed(const Graph& graph) {
  const auto context = NewContext(graph);
  const Extents none = {0, 3};
  const Extents one = {1, 3};
  const auto compute = [&](const Extents& dims, const std::vector<float>& data) {
    EXPECT_TRUE(context->SetInput(0, View(ElementType::kF32, dims, data)));
    EXPECT_TRUE(context->Compute(Deadline::Never()));
    const auto output = context->ShareOutput(0).value();
    EXPECT_EQ(output.dims, dims);
    return Floats(output.view());
  };
  EXPECT_EQ(compute(none, {}), std::vector<float>{});
  EXPECT_EQ(compute(one, {1, -2, 3}), (std::vector<float>{1, 0, 3}));
  EXPECT_EQ(compute(none, {}), std::vector<float>{});
  // As a component passes it.
  const auto empty = CopyTensor(View(ElementType::kF32, none, std::vector<float>{})).value();
  ASSERT_TRUE(context->ShareInput(0, empty));
  ASSERT_TRUE(context->Compute(Deadline::Never()));
  EXPECT_EQ(Dims(context->Output(0).value()), none);
}

void ExpectTheModelsOrder(const Graph& graph) {
  ASSERT_EQ(graph.inputs().size(), 2U);
  EXPECT_EQ(graph.inputs()[0].name, "left");
  EXPECT_EQ(graph.inputs()[1].name, "right");
  ASSERT_EQ(graph.outputs().size(), 2U);
  EXPECT_EQ(graph.outputs()[0].name, "sum");
  EXPECT_EQ(graph.outputs()[1].name, "difference");
  const auto outputs = RunOnce(graph, {{{2, 2}, {1, 2, 3, 4}}, {{2, 2}, {10, 20, 30, 40}}});
  EXPECT_EQ(outputs[0], (std::vector<float>{11, 22, 33, 44}));
  EXPECT_EQ(outputs[1], (std::vector<float>{-9, -18, -27, -36}));
}

void ExpectAPassedDeadlineStartsNothing(const Graph& graph) {
  const auto context = NewContext(graph);
  const Extents dims = {2, 3};
  const std::vector<float> data = {1, 2, 3, 4, 5, 6};
  ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, dims, data)));
  const auto late = context->Compute(Deadline::After(std::chrono::milliseconds(-1)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), ErrorCode::kTimeout);
  ASSERT_TRUE(context->Compute(Deadline::After(std::chrono::minutes(5))));
  EXPECT_EQ(Floats(context->Output(0).value()), data);
}

void ExpectParallelContextsGiveWhatTheyGiveAlone(const Graph& graph) {
  constexpr std::uint32_t kThreads = 8;
  constexpr std::size_t kImage = 3UL * 224 * 224;
  const Extents dims = {1, 3, 224, 224};
  std::vector<std::vector<float>> alone;
  for (std::uint32_t seed = 0; seed < kThreads; ++seed) {
    alone.push_back(RunOnce(graph, {{dims, Numbers(seed).Floats(kImage)}})[0]);
  }
  std::vector<std::thread> threads;
  for (std::uint32_t seed = 0; seed < kThreads; ++seed) {
    threads.emplace_back([&, seed] {
      const auto context = NewContext(graph);
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

void ExpectManyThreadsMayStart(Backend& backend) {
  const Model model = FileModel(Encoding::kOnnx, {TinyModel("dynamic.onnx")});
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto graph = backend.Load(model, {}, Deadline::Never());
      ASSERT_TRUE(graph) << graph.error().detail();
      EXPECT_EQ(RunOnce(**graph, {{{1, 3}, {1, -2, 3}}})[0], (std::vector<float>{1, 0, 3}));
    });
  }
  for (std::thread& thread : threads) thread.join();
}

void ExpectKnownOptions(const Backend& backend, std::span<const std::string_view> keys) {
  for (const std::string_view key : keys) EXPECT_TRUE(backend.KnowsOption(key)) << key;
  for (const char* const key : {"", "thread", "THREADS"}) {
    EXPECT_FALSE(backend.KnowsOption(key)) << key;
  }
}

}  // namespace namesake::test
