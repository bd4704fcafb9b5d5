// What happens to a real model's memory and users when another model replaces it.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "namesake/host.h"
#include "openvino/modes.h"
#include "support/matchers.h"
#include "support/resident.h"

namespace namesake {
namespace {

using test::Fails;
using test::FailsInDetail;
using test::IsOk;
using test::ResidentBytesAfterTrim;

constexpr std::uint64_t kMiB = 1 << 20;

Model Onnx() {
  return {.encoding = Encoding::kOnnx,
          .source = ModelFiles{{NAMESAKE_SOURCE_DIR "/examples/models/efficientnet-lite0.onnx"}}};
}

Model Ir() {
  return {.encoding = Encoding::kOpenVino,
          .source = ModelFiles{{NAMESAKE_SOURCE_DIR "/examples/models/efficientnet-lite0.xml"}}};
}

class LifeCycle : public testing::Test {
 protected:
  LifeCycle() {
    HostOptions options = openvino::NewHostOptions();
    host_ = Host::Create(std::move(options)).value();
    EXPECT_THAT(host_->Register("photo", Onnx()), IsOk());
    EXPECT_THAT(host_->Acquire("photo", Deadline::Never()), IsOk());
  }

  Result<void> Replace(Model model) {
    return host_->Replace("photo", std::move(model), LoadMode::kEager, Owner::Host(),
                          Deadline::Never());
  }

  // Looks up the model and runs one inference.
  static Result<ContextHandle> Infer(View& view) {
    static const std::vector<float> kPixels(3 * 224 * 224, 0.5F);
    static const std::vector<std::uint64_t> kDims = {1, 3, 224, 224};
    const auto graph = view.LoadByName("photo");
    if (!graph) return std::unexpected(graph.error());
    const auto context = view.InitExecutionContext(*graph);
    if (!context) return context;
    if (auto closed = view.Unload(*graph); !closed) return std::unexpected(closed.error());
    if (auto set = view.SetInput(
            *context, 0,
            {.type = ElementType::kF32, .dims = kDims, .data = std::as_bytes(std::span(kPixels))});
        !set) {
      return std::unexpected(set.error());
    }
    if (auto ran = view.Compute(*context); !ran) return std::unexpected(ran.error());
    return context;
  }

  std::unique_ptr<Host> host_;
};

TEST_F(LifeCycle, NoCallFailsWhileModelsAreReplacedUnderEightThreads) {
  std::atomic<bool> stop = false;
  std::atomic<int> inferences = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto view = host_->NewView();
      while (!stop) {
        const auto context = Infer(*view);
        EXPECT_THAT(context, IsOk());
        if (!context) return;
        EXPECT_THAT(view->FinalizeExecutionContext(*context), IsOk());
        ++inferences;
      }
    });
  }
  for (int round = 0; round < 4; ++round) {
    EXPECT_THAT(Replace(round % 2 == 0 ? Ir() : Onnx()), IsOk());
  }
  while (inferences < 16) std::this_thread::yield();
  stop = true;
}

TEST_F(LifeCycle, AReplacedGraphsMemoryComesBackWithItsLastContext) {
  // Returns a model of the same content whose graph is not shared.
  int count = 0;
  const auto another = [&] {
    Model model = Onnx();
    model.options = {{"threads", std::to_string(++count)}};
    return model;
  };
  // Warms up whatever is allocated only once.
  for (int i = 0; i < 2; ++i) {
    ASSERT_THAT(Infer(*host_->NewView()), IsOk());
    ASSERT_THAT(Replace(another()), IsOk());
  }
  const std::uint64_t one_graph = ResidentBytesAfterTrim();
  auto view = host_->NewView();
  for (int i = 0; i < 6; ++i) {
    ASSERT_THAT(Infer(*view), IsOk());
    ASSERT_THAT(Replace(another()), IsOk());
  }
  const std::uint64_t seven_graphs = ResidentBytesAfterTrim();
  view.reset();
  const std::uint64_t again_one = ResidentBytesAfterTrim();
  RecordProperty("one_graph_mib", static_cast<int>(one_graph / kMiB));
  RecordProperty("seven_graphs_mib", static_cast<int>(seven_graphs / kMiB));
  RecordProperty("again_one_mib", static_cast<int>(again_one / kMiB));
#if !defined(NAMESAKE_TEST_ADDRESS_SANITIZER)  // It needs extra memory of its own.
  ASSERT_GT(seven_graphs, one_graph + 60 * kMiB);
  EXPECT_LT(again_one - one_graph, (seven_graphs - one_graph) / 5)
      << one_graph / kMiB << " MiB with one graph, " << seven_graphs / kMiB
      << " MiB with seven, then " << again_one / kMiB << " MiB";
#endif
}

TEST_F(LifeCycle, AReplacementThatFailsLeavesTheOldModel) {
  Model absent = Onnx();
  std::get<ModelFiles>(absent.source).paths = {"/nowhere/model.onnx"};
  EXPECT_THAT(Replace(std::move(absent)),
              FailsInDetail(ErrorCode::kRuntimeError, "/nowhere/model.onnx does not exist"));
  EXPECT_THAT(Infer(*host_->NewView()), IsOk());
}

TEST_F(LifeCycle, AnEvictedModelIsLoadedAgain) {
  HostOptions options = openvino::NewHostOptions();
  options.limits.max_total_model_bytes = 12 * kMiB;  // Room for one model.
  host_ = Host::Create(std::move(options)).value();
  ASSERT_THAT(host_->Register("photo", Onnx(), LoadMode::kLazy), IsOk());
  ASSERT_THAT(host_->Register("other", Ir(), LoadMode::kLazy), IsOk());
  {
    const auto view = host_->NewView();
    ASSERT_THAT(Infer(*view), IsOk());
    EXPECT_THAT(host_->Acquire("other", Deadline::Never()),
                Fails(ErrorCode::kResourceExhausted,
                      "the limit max_total_model_bytes of the host is used up"));
  }
  EXPECT_THAT(host_->Acquire("other", Deadline::Never()), IsOk());
  EXPECT_EQ(host_->Models().at(1).state, ModelState::kRegistered);
  EXPECT_THAT(Infer(*host_->NewView()), IsOk());
}

}  // namespace
}  // namespace namesake
