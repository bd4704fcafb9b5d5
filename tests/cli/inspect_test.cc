// `namesake inspect` as a process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/process.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

using testing::HasSubstr;

const std::string kModels = NAMESAKE_SOURCE_DIR "/examples/models/efficientnet-lite0";

test::ProcessResult Inspect(std::vector<std::string> args) {
  args.insert(args.begin(), {NAMESAKE_COMMAND, "inspect"});
  return test::RunProcess(args);
}

TEST(Inspect, PrintsATable) {
  const auto result = Inspect({"onnx:" + kModels + ".onnx"});
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.out, testing::StartsWith("          NAME    TYPE  SHAPE\n"
                                              "input 0   input   f32   [?,3,224,224]\n"
                                              "output 0  logits  f32   [?,1000]\n"
                                              "\n"
                                              "onnx model, 8.9 MiB, loaded for cpu in "));
}

TEST(Inspect, PrintsJson) {
  for (const std::string& model :
       {"OpenVINO:" + kModels + ".xml:" + kModels + ".bin", "openvino:" + kModels + ".xml"}) {
    const auto result = Inspect({"--json", model});
    ASSERT_EQ(result.exit_code, 0) << result;
    auto json = nlohmann::json::parse(result.out);
    EXPECT_GT(json["load_ms"].get<double>(), 0);
    json.erase("load_ms");
    EXPECT_EQ(json, nlohmann::json::parse(R"({
      "encoding": "openvino", "target": "cpu", "model_bytes": 9452465, "notes": [],
      "inputs": [{"name": "input", "aliases": [], "type": "f32",
                  "shape": [{"min": 0, "max": null}, 3, 224, 224]}],
      "outputs": [{"name": "logits", "aliases": [], "type": "f32",
                   "shape": [{"min": 0, "max": null}, 1000]}]})"));
  }
}

TEST(Inspect, DetectsTheEncoding) {
  const std::string basic_pitch =
      NAMESAKE_DEPS_DIR "/basic_pitch/basic_pitch/saved_models/icassp_2022/nmp";
  const std::vector<std::pair<std::string, std::string>> models = {
      {kModels + ".onnx", "onnx"},
      {kModels + ".xml", "openvino"},
      {kModels + ".xml:" + kModels + ".bin", "openvino"},
      {basic_pitch, "tensorflow"},
      {NAMESAKE_SOURCE_DIR "/tests/data/models/frozen.pb", "tensorflow"},
      {basic_pitch + ".tflite", "tensorflowlite"},
      {basic_pitch + ".onnx", "onnx"}};
  for (const auto& [paths, encoding] : models) {
    const auto result = Inspect({"autodetect:" + paths});
    EXPECT_EQ(result.exit_code, 0) << result;
    EXPECT_THAT(result.out, HasSubstr("\n" + encoding + " model, "));
    EXPECT_THAT(Inspect({paths}).out, HasSubstr("\n" + encoding + " model, "));
    const auto json = Inspect({"--json", "autodetect:" + paths});
    ASSERT_EQ(json.exit_code, 0) << json;
    EXPECT_EQ(nlohmann::json::parse(json.out)["encoding"], encoding);
  }
}

TEST(Inspect, SaysWhatCantBeDetected) {
  const auto refuse = [](const std::string& path, const std::string& message) {
    const auto result = Inspect({"autodetect:" + path});
    EXPECT_EQ(result.exit_code, 3) << result;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err, "namesake: inspect autodetect:" + path + ": " + message + "\n");
  };
  const std::string data = NAMESAKE_DEPS_DIR "/silero_vad/silero_vad/data/";
  refuse(data + "silero_vad_16k.safetensors",
         data +
             "silero_vad_16k.safetensors is a safetensors file, which has weights but no graph; "
             "export the model to ONNX or OpenVINO IR");
  refuse(data + "silero_vad.jit",
         "no backend serves the encoding pytorch; encodings served: onnx, openvino, tensorflow, "
         "tensorflowlite");
  refuse("nowhere", "nowhere does not exist");
}

TEST(Inspect, SaysWhatIsWrong) {
  const auto refuse = [](std::vector<std::string> args, int exit_code, const std::string& message) {
    const auto result = Inspect(std::move(args));
    EXPECT_EQ(result.exit_code, exit_code) << result;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(message));
  };
  refuse({}, 2, "namesake: inspect: no MODEL given; see namesake inspect --help\n");
  refuse({"onnx"}, 2, "inspect onnx: \"onnx\" is an encoding and needs a path after it; ");
  refuse({"ggml:m.gguf"}, 2, "no backend serves the encoding ggml");
  refuse({"onnx:nowhere.onnx"}, 3, "nowhere.onnx");
  refuse({"--target", "npu", "onnx:m.onnx"}, 2, "--target npu: expected cpu, gpu, tpu or auto");
  refuse({"--target", "gpu", "onnx:" + kModels + ".onnx"}, 3,
         "needs a device that workers may not use: see sandbox_devices");
  refuse({"onnx:gpu:" + kModels + ".onnx"}, 3,
         "needs a device that workers may not use: see sandbox_devices");
  refuse({"--target", "gpu", "onnx:cpu:m.onnx"}, 2, "the target is given twice");
}

// With a device to open, the backend looks for one itself, and this machine has none that it knows.
TEST(Inspect, ATargetIsTheBackendsAffairWhereWorkersMayUseDevices) {
  const test::TempDir dir;
  const auto check = [&](const std::string& host) {
    const auto file = dir.Write("namesake.toml", host + "[[models]]\nname = \"m\"\npath = \"" +
                                                     kModels + ".xml\"\ntarget = \"gpu\"\n");
    return test::RunProcess({NAMESAKE_COMMAND, "check", file.string()}).err;
  };
  EXPECT_THAT(check(""), HasSubstr("the target gpu needs a device that workers may not use: see "
                                   "sandbox_devices\n"));
  EXPECT_THAT(check("[host]\nsandbox_devices = [\"/dev/dri\"]\n"),
              HasSubstr("OpenVINO finds no device here for the target gpu"));
}

}  // namespace
}  // namespace namesake
