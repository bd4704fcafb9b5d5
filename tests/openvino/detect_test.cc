// Encodings of real models are detected, and OpenVINO reads what is detected.
#include "graph/detect.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "openvino/support.h"

namespace namesake::openvino {
namespace {

constexpr std::string_view kBasicPitch = "basic_pitch/basic_pitch/saved_models/icassp_2022/";
constexpr std::string_view kSilero = "silero_vad/silero_vad/data/";

Path Packaged(std::string_view folder, std::string_view name) {
  return PackagedModel(folder) / name;
}

Encoding ExpectedByExtension(const Path& path) {
  const auto extension = path.extension();
  if (extension == ".onnx") return Encoding::kOnnx;
  if (extension == ".xml") return Encoding::kOpenVino;
  if (extension == ".tflite") return Encoding::kTensorFlowLite;
  return Encoding::kTensorFlow;
}

TEST(Detection, EveryModelOfTheTestsIsToldByItsContent) {
  std::vector<Path> paths = {Packaged(kBasicPitch, "nmp.onnx"), Packaged(kBasicPitch, "nmp.tflite"),
                             PackagedModel("magika/magika/models/standard_v3_3/model.onnx"),
                             Packaged(kSilero, "silero_vad.onnx")};
  for (const Path& folder : {TinyModel(""), ExampleModel("")}) {
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      const auto extension = file.path().extension();
      if (extension == ".onnx" || extension == ".xml" || extension == ".pb") {
        paths.push_back(file.path());
      }
    }
  }
  EXPECT_GT(paths.size(), 20U);
  for (const Path& path : paths) {
    const Encoding expected = ExpectedByExtension(path);
    EXPECT_EQ(graph::LooksLike(*ReadBlob(path)), std::vector{expected}) << path;
    EXPECT_EQ(graph::DetectEncoding(FileModel(Encoding::kAutodetect, {path})), expected) << path;
  }
}

TEST(Detection, ASavedModelIsADirectory) {
  EXPECT_EQ(graph::DetectEncoding(FileModel(Encoding::kAutodetect, {Packaged(kBasicPitch, "nmp")})),
            Encoding::kTensorFlow);
  EXPECT_TRUE(graph::LooksLike(*ReadBlob(Packaged(kBasicPitch, "nmp/saved_model.pb"))).empty());
}

TEST(Detection, TorchScriptIsToldAndSafetensorsAndWeightsAreNot) {
  EXPECT_EQ(graph::LooksLike(*ReadBlob(Packaged(kSilero, "silero_vad.jit"))),
            std::vector{Encoding::kPyTorch});
  for (const Path& path :
       {Packaged(kSilero, "silero_vad_16k.safetensors"), ExampleModel("efficientnet-lite0.bin"),
        ExampleModel("expected.json"), TinyModel("external.weights"),
        PackagedModel("basic_pitch/basic_pitch/saved_models/icassp_2022/nmp/variables/"
                      "variables.index")}) {
    EXPECT_TRUE(graph::LooksLike(*ReadBlob(path)).empty()) << path;
  }
}

TEST(Detection, WhatIsDetectedIsWhatIsRead) {
  const std::vector<Model> models = {
      FileModel(Encoding::kAutodetect, {TinyModel("same.onnx")}),
      FileModel(Encoding::kAutodetect, {TinyModel("aliased.xml")}),
      FileModel(Encoding::kAutodetect, {TinyModel("frozen.pb")}),
      FileModel(Encoding::kAutodetect, {Packaged(kBasicPitch, "nmp")}),
      BytesModel(Encoding::kAutodetect, {ReadBlob(Packaged(kBasicPitch, "nmp.tflite"))}),
      BytesModel(Encoding::kAutodetect, {ReadBlob(ExampleModel("efficientnet-lite0.xml")),
                                         ReadBlob(ExampleModel("efficientnet-lite0.bin"))})};
  for (const Model& model : models) {
    const Model resolved = graph::ResolveEncoding(model).value();
    EXPECT_EQ(MustLoad(resolved)->encoding(), resolved.encoding);
  }
}

}  // namespace
}  // namespace namesake::openvino
