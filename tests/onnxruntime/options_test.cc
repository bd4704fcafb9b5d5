// The options of a model, and its target.
#include "backend_onnxruntime/options.h"

#include <gtest/gtest.h>

#include <thread>

#include "onnxruntime/support.h"
#include "support/backend_cases.h"

namespace namesake::onnxruntime {
namespace {

std::string Problem(const BackendOptions& options, Origin origin = Origin::kOperator) {
  const auto problems = CheckOptions(options, origin);
  return problems.empty() ? "" : problems.front().message;
}

TEST(OnnxRuntimeOptions, ThreadsAreACount) {
  EXPECT_EQ(Problem({{"threads", "1"}}), "");
  EXPECT_EQ(Problem({{"threads", "4096"}}), "");
  EXPECT_EQ(MakeConfig({{"threads", "3"}}, Origin::kOperator).value().threads, 3);
  EXPECT_EQ(MakeConfig({}, Origin::kOperator).value().threads, std::nullopt);
  for (const char* const bad : {"0", "4097", "-1", "two", "", "1 ", "99999999999999999999"}) {
    EXPECT_EQ(Problem({{"threads", bad}}),
              "option \"threads\" of the onnxruntime backend can't be \"" + std::string(bad) +
                  "\"; expected an integer from 1 to 4096");
  }
}

TEST(OnnxRuntimeOptions, AGuestHasNoMoreThreadsThanProcessors) {
  const unsigned processors = std::thread::hardware_concurrency();
  EXPECT_EQ(Problem({{"threads", std::to_string(processors)}}, Origin::kGuest), "");
  EXPECT_EQ(Problem({{"threads", std::to_string(processors + 1)}}, Origin::kGuest),
            "option \"threads\" of the onnxruntime backend can't be " +
                std::to_string(processors + 1) + " for a guest: the most is " +
                std::to_string(processors) + ", the number of processors");
}

TEST(OnnxRuntimeOptions, AnUnknownOneIsRefused) {
  EXPECT_EQ(Problem({{"thread", "1"}}),
            "the onnxruntime backend has no option \"thread\"; did you mean \"threads\"?");
  const Error refused = LoadError(OnnxFile(TinyModel("same.onnx"), {{"streams", "1"}}));
  EXPECT_EQ(refused.code(), ErrorCode::kInvalidArgument);
}

TEST(OnnxRuntimeOptions, OnlyTheProcessorIsATarget) {
  Model model = OnnxFile(TinyModel("same.onnx"));
  model.target = Target::kAuto;
  EXPECT_TRUE(TheBackend().Load(model, {}, Deadline::Never()));
  model.target = Target::kGpu;
  const Error refused = LoadError(model);
  EXPECT_EQ(refused.code(), ErrorCode::kUnsupported);
  EXPECT_EQ(refused.message(), "ONNX Runtime finds no device here for the target gpu");
  EXPECT_EQ(refused.detail(),
            "ONNX Runtime finds no device here for the target gpu; available devices: CPU");
}

// A host knows the keys before it starts the program.
TEST(OnnxRuntimeOptions, AreKnownToHosts) {
  constexpr std::array<std::string_view, 1> kKeys = {"threads"};
  test::ExpectKnownOptions(*test::InstalledBackend("onnxruntime"), kKeys);
  test::ExpectKnownOptions(*NewOnnxRuntimeBackend(), kKeys);
}

}  // namespace
}  // namespace namesake::onnxruntime
