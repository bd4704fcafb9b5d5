// The memory of this process after inferences.
#include <gtest/gtest.h>

#include <cstdint>

#include "onnxruntime/support.h"
#include "support/resident.h"

namespace namesake::onnxruntime {
namespace {

using test::ResidentBytesAfterTrim;

constexpr std::uint64_t kMiB = 1 << 20;

// A small batch after a large one gives the memory of the large one back.
TEST(OnnxRuntimeMemory, AContextDoesNotKeepWhatItsLargestInferenceTook) {
  const auto graph = MustLoad(OnnxFile(ExampleModel("efficientnet-lite0.onnx")));
  const auto context = NewContext(*graph);
  constexpr std::size_t kImage = 3UL * 224 * 224;
  const auto compute = [&](std::uint64_t batch) {
    const Extents dims = {batch, 3, 224, 224};
    const std::vector<float> images(batch * kImage, 0.5F);
    ASSERT_TRUE(context->SetInput(0, View(ElementType::kF32, dims, images)));
    ASSERT_TRUE(context->Compute(Deadline::Never()));
  };
  compute(1);
  const std::uint64_t before = ResidentBytesAfterTrim();
  compute(32);
  compute(1);
  EXPECT_LT(ResidentBytesAfterTrim(), before + 32 * kMiB);
}

}  // namespace
}  // namespace namesake::onnxruntime
