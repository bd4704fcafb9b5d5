// Threads and descriptors of loaded models.
#include <chrono>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "openvino/support.h"
#include "support/matchers.h"

namespace namesake::openvino {
namespace {

namespace fs = std::filesystem;
using test::IsOk;

int CountIn(const char* directory) {
  return static_cast<int>(
      std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

// A model with its weights in a file of its own.
Model Copied(const Path& folder) {
  fs::create_directory(folder);
  for (const char* file : {"external.onnx", "external.weights"}) {
    fs::copy_file(TinyModel(file), folder / file);
  }
  return FileModel(Encoding::kOnnx, {folder / "external.onnx"});
}

// Otherwise a process has two threads, and for weights in a file a descriptor, for each model. One
// thread is OpenVINO's, for callbacks.
TEST(Resources, AModelTakesAThreadAndNoDescriptor) {
  const ScratchDirectory scratch;
  std::vector<std::shared_ptr<const Graph>> graphs;
  const auto load = [&](int count) {
    for (int i = 0; i < count; ++i) {
      graphs.push_back(MustLoad(Copied(scratch.path() / std::to_string(graphs.size()))));
      const auto context = graphs.back()->NewContext(Placement::Host()).value();
      const std::vector<float> input = {1, 1, 1};
      const std::vector<std::uint64_t> dims = {3};
      ASSERT_THAT(context->SetInput(0, View(ElementType::kF32, dims, input)), IsOk());
      ASSERT_THAT(context->Compute(Deadline::After(std::chrono::minutes(1))), IsOk());
    }
  };
  // The library starts its own threads and opens its files.
  load(2);
  const int threads = CountIn("/proc/self/task");
  const int descriptors = CountIn("/proc/self/fd");
  constexpr int kMore = 10;
  load(kMore);
  EXPECT_LE(CountIn("/proc/self/task"), threads + kMore);
  EXPECT_EQ(CountIn("/proc/self/fd"), descriptors);
}

}  // namespace
}  // namespace namesake::openvino
