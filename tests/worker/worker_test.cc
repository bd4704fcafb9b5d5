#include "namesake/worker.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <vector>

#include "namesake/account.h"
#include "namesake/backend.h"
#include "support/gate.h"
#include "support/log_lines.h"

namespace namesake::worker {
namespace {

namespace fs = std::filesystem;

fs::path Source(std::string_view path) { return fs::path(NAMESAKE_SOURCE_DIR) / path; }

class Workers : public testing::Test {
 protected:
  std::shared_ptr<const Graph> Load(Encoding encoding, const fs::path& path) {
    auto graph = backend_->Load({.encoding = encoding, .source = ModelFiles{.paths = {path}}}, {},
                                Deadline::Never());
    EXPECT_TRUE(graph) << graph.error().detail();
    return graph.value_or(nullptr);
  }

  std::unique_ptr<Backend> backend_ =
      std::move(InstalledBackends(fs::path(NAMESAKE_BINARY_DIR) / "libexec/namesake").front());
};

TEST_F(Workers, AModelComputesInAWorker) {
  const auto graph = Load(Encoding::kOnnx, Source("examples/models/efficientnet-lite0.onnx"));
  ASSERT_NE(graph, nullptr);
  auto context = graph->NewContext(Placement::Host());
  ASSERT_TRUE(context);
  const std::vector<std::uint64_t> dims = {1, 3, 224, 224};
  const std::vector<float> data(3UL * 224 * 224, 0.5F);
  ASSERT_TRUE((*context)->SetInput(
      0, {.type = ElementType::kF32, .dims = dims, .data = std::as_bytes(std::span(data))}));
  for (int i = 0; i < 5; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const auto computed = (*context)->Compute(Deadline::Never());
    ASSERT_TRUE(computed) << computed.error().detail();
    std::printf("%.3f ms\n",
                std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                    .count());
  }
  const auto output = (*context)->Output(0);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->data.size(), 4000U);
}

TEST_F(Workers, AModelIsWarmedUpInTheWorker) {
  const test::LogLines log;
  const Model model = {
      .encoding = Encoding::kOnnx,
      .source = ModelFiles{.paths = {Source("examples/models/efficientnet-lite0.onnx")}},
      .warm_up = true};
  ASSERT_TRUE(backend_->Load(model, {}, Deadline::Never()));
  EXPECT_TRUE(test::Eventually([&] { return log.Count("was warmed up") == 1; }));
}

}  // namespace
}  // namespace namesake::worker
