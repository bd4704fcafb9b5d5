// Options, targets, and what the backend reports about itself.
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "openvino/support.h"
#include "support/backend_cases.h"

namespace namesake::openvino {
namespace {

Model WithOption(const std::string& key, const std::string& value) {
  return FileModel(Encoding::kOnnx, {TinyModel("same.onnx")}, {{key, value}});
}

TEST(Options, ValidOnesLoad) {
  for (const auto& [key, value] : BackendOptions{{"inference_precision", "f32"},
                                                 {"performance_hint", "throughput"},
                                                 {"streams", "2"},
                                                 {"threads", "1"}}) {
    EXPECT_NO_THROW(MustLoad(WithOption(key, value))) << key;
  }
  EXPECT_NO_THROW(MustLoad(WithOption("inference_precision", "bf16")));
  EXPECT_NO_THROW(MustLoad(WithOption("inference_precision", "f16")));
  EXPECT_NO_THROW(MustLoad(WithOption("performance_hint", "latency")));
}

TEST(Options, UnknownKeysAndValuesAreRefusedWithTheValidOnes) {
  const std::vector<std::pair<Model, std::string>> cases = {
      {WithOption("precision", "f32"),
       "the openvino backend has no option \"precision\"; expected one of: "
       "inference_precision, performance_hint, signature, streams, threads"},
      {WithOption("inference_precision", "f8"),
       "option \"inference_precision\" of the openvino backend can't be \"f8\"; expected f32, f16 "
       "or bf16"},
      {WithOption("performance_hint", "fast"),
       "option \"performance_hint\" of the openvino backend can't be \"fast\"; expected latency "
       "or throughput"},
      {WithOption("threads", "0"),
       "option \"threads\" of the openvino backend can't be \"0\"; expected an integer from 1 "
       "to 4096"},
      {WithOption("streams", "2x"),
       "option \"streams\" of the openvino backend can't be \"2x\"; expected an integer from 1 "
       "to 4096"},
      {WithOption("signature", "serving_default"),
       "option \"signature\" of the openvino backend is only for the encoding tensorflowlite"},
  };
  for (const auto& [model, message] : cases) {
    const Error error = LoadError(model);
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(error.message(), message);
  }
}

TEST(Options, AreCheckedOneByOneWithoutALoad) {
  Model model;
  model.options = {{"inference_precison", "f32"}, {"threads", "x"}, {"streams", "2"}};
  const auto problems = TheBackend().CheckOptions(model);
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].key, "inference_precison");
  EXPECT_EQ(problems[0].message,
            "the openvino backend has no option \"inference_precison\"; did you mean "
            "\"inference_precision\"?");
  EXPECT_EQ(problems[1].key, "threads");
  EXPECT_EQ(problems[1].message,
            "option \"threads\" of the openvino backend can't be \"x\"; expected an integer from 1 "
            "to 4096");
  model.options = {{"threads", "4096"}};
  EXPECT_TRUE(TheBackend().CheckOptions(model).empty());
  model.origin = Origin::kGuest;
  EXPECT_EQ(TheBackend().CheckOptions(model).size(), 1U);
}

TEST(Options, ATargetIsCheckedWithoutALoad) {
  EXPECT_TRUE(TheBackend().CheckTarget(Target::kCpu).has_value());
  EXPECT_TRUE(TheBackend().CheckTarget(Target::kAuto).has_value());
  Model model = WithOption("threads", "1");
  model.target = Target::kTpu;
  const auto checked = TheBackend().CheckTarget(Target::kTpu);
  if (checked) GTEST_SKIP() << "this machine has such a device";
  EXPECT_EQ(checked.error(), LoadError(model));
}

// Otherwise a guest could start thousands of threads with one graph.
TEST(Options, AGuestHasNoMoreThreadsAndStreamsThanThereAreProcessors) {
  const unsigned processors = std::thread::hardware_concurrency();
  for (const std::string key : {"streams", "threads"}) {
    for (const unsigned most : {processors, processors + 1, 4096U}) {
      Model model = WithOption(key, std::to_string(most));
      if (most <= processors + 1) {
        EXPECT_NO_THROW(MustLoad(model)) << "an operator's " << key;
      }
      model.origin = Origin::kGuest;
      if (most == processors) {
        EXPECT_NO_THROW(MustLoad(model)) << key;
        continue;
      }
      const Error error = LoadError(model);
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      EXPECT_EQ(error.message(), "option \"" + key + "\" of the openvino backend can't be " +
                                     std::to_string(most) + " for a guest: the most is " +
                                     std::to_string(processors) + ", the number of processors");
    }
  }
}

TEST(Options, F32IsTheDefaultPrecision) {
  const Path xml = ExampleModel("efficientnet-lite0.xml");
  const std::vector<Input> input = {{{1, 3, 224, 224}, Numbers(4).Floats(3UL * 224 * 224)}};
  const auto exact = RunOnce(*MustLoad(FileModel(Encoding::kOpenVino, {xml})), input)[0];
  const auto named = RunOnce(
      *MustLoad(FileModel(Encoding::kOpenVino, {xml}, {{"inference_precision", "f32"}})), input)[0];
  EXPECT_EQ(exact, named);
}

TEST(Targets, AnAbsentDeviceIsAnErrorThatListsThePresentOnes) {
  for (const auto& [target, name] : {std::pair{Target::kGpu, "gpu"}, {Target::kTpu, "tpu"}}) {
    Model model = FileModel(Encoding::kOnnx, {TinyModel("same.onnx")});
    model.target = target;
    const Error error = LoadError(model);
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_EQ(error.detail(), std::string("OpenVINO finds no device here for the target ") + name +
                                  "; available devices: CPU");
  }
}

TEST(Targets, AutoPicksAmongThePresentDevices) {
  Model model = FileModel(Encoding::kOnnx, {TinyModel("same.onnx")});
  model.target = Target::kAuto;
  EXPECT_EQ(RunOnce(*MustLoad(model), {{{2, 3}, {1, 2, 3, 4, 5, 6}}})[0],
            (std::vector<float>{1, 2, 3, 4, 5, 6}));
}

TEST(BackendItself, StatesItsNameVersionEncodingsAndDevices) {
  Backend& backend = TheBackend();
  EXPECT_EQ(backend.name(), "openvino");
  EXPECT_TRUE(backend.version().starts_with("20")) << backend.version();
  EXPECT_EQ(backend.encodings().size(), 4U);
  const auto devices = backend.Devices();
  ASSERT_FALSE(devices.empty());
  EXPECT_EQ(devices[0].name, "CPU");
  EXPECT_FALSE(devices[0].description.empty());
}

// A host knows the keys before it starts the program.
TEST(Options, AreKnownToHosts) {
  constexpr std::array<std::string_view, 5> kKeys = {"inference_precision", "performance_hint",
                                                     "signature", "streams", "threads"};
  test::ExpectKnownOptions(*test::InstalledBackend("openvino"), kKeys);
  test::ExpectKnownOptions(*NewOpenVinoBackend(), kKeys);
}

}  // namespace
}  // namespace namesake::openvino
