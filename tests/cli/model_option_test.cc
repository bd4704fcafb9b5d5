#include "cli/model_option.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "support/matchers.h"
#include "support/temp_dir.h"

namespace namesake::cli {
namespace {

using test::Fails;
using test::IsOk;

std::vector<std::filesystem::path> Paths(const Model& model) {
  return std::get<ModelFiles>(model.source).paths;
}
using List = std::vector<std::filesystem::path>;

TEST(Preload, ThreeFieldsAreNameEncodingPath) {
  const auto parsed = ParsePreload("photo:onnx:models/m.onnx");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->name, "photo");
  EXPECT_EQ(parsed->model.encoding, Encoding::kOnnx);
  EXPECT_EQ(parsed->model.target, Target::kCpu);
  EXPECT_EQ(Paths(parsed->model), List{"models/m.onnx"});
}

TEST(Preload, FourFieldsHaveATarget) {
  const auto parsed = ParsePreload("default:OpenVINO:GPU:a.xml:a.bin");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->model.encoding, Encoding::kOpenVino);
  EXPECT_EQ(parsed->model.target, Target::kGpu);
  EXPECT_EQ(Paths(parsed->model), (List{"a.xml", "a.bin"}));
  EXPECT_EQ(ParsePreload("m:TensorflowLite:auto:m.tflite")->model.target, Target::kAuto);
}

TEST(Preload, WithoutATargetTwoPathsAreTwoPaths) {
  const auto parsed = ParsePreload("m:openvino:a.xml:a.bin");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(Paths(parsed->model), (List{"a.xml", "a.bin"}));
}

TEST(Preload, WhatIsToBeDetectedMayHaveTwoPaths) {
  EXPECT_EQ(Paths(ParsePreload("m:autodetect:auto:a:b")->model), (List{"a", "b"}));
  EXPECT_THAT(ParsePreload("m:autodetect:a:b:c"),
              Fails(ErrorCode::kInvalidArgument,
                    "autodetect takes two paths; \"a\" is no target (cpu, gpu, tpu, auto)"));
}

TEST(Preload, AnOnlyPathIsAPathWhateverItReadsAs) {
  EXPECT_EQ(Paths(ParsePreload("m:onnx:cpu")->model), List{"cpu"});
  EXPECT_EQ(Paths(ParsePreload("m:openvino:./cpu:gpu")->model), (List{"./cpu", "gpu"}));
}

TEST(Preload, SpacesStandForThemselvesAndColonsAreEscaped) {
  const auto parsed = ParsePreload(R"(my\:name:onnx:C\:\\my models\: new\m.onnx)");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->name, "my:name");
  EXPECT_EQ(Paths(parsed->model), List{R"(C:\my models: new\m.onnx)"});
}

TEST(Preload, SaysWhatIsWrong) {
  EXPECT_THAT(ParsePreload("photo:onnx"),
              Fails(ErrorCode::kInvalidArgument, "expected NAME:ENCODING[:TARGET]:PATH[:PATH…]"));
  EXPECT_THAT(ParsePreload("photo:onxx:m.onnx"),
              Fails(ErrorCode::kInvalidArgument,
                    "\"onxx\" is no encoding; known are: openvino, onnx, tensorflow, pytorch, "
                    "tensorflowlite, ggml, autodetect"));
  for (const char* text : {"photo:onnx:", "photo:onnx:cpu:", "photo:onnx:a.xml::b"}) {
    EXPECT_THAT(ParsePreload(text),
                Fails(ErrorCode::kInvalidArgument,
                      "a path is empty; a colon within a path is written \"\\:\""))
        << text;
  }
}

TEST(GraphDir, FollowsWasmtimesConventions) {
  const auto onnx = ParseGraphDir("onnx::models/photo");
  ASSERT_THAT(onnx, IsOk());
  EXPECT_EQ(onnx->name, "photo");
  EXPECT_EQ(Paths(onnx->model), List{"models/photo/model.onnx"});
  EXPECT_EQ(Paths(ParseGraphDir("OpenVINO::m")->model), List{"m/model.xml"});
  EXPECT_EQ(Paths(ParseGraphDir("pytorch::m")->model), List{"m/model.pt"});
}

TEST(GraphDir, TakesTensorFlowsFormatsToo) {
  const test::TempDir dir;
  const std::string saved = "tensorflow::" + dir.path().string();
  EXPECT_EQ(Paths(ParseGraphDir(saved)->model), List{dir.path()});
  dir.Write("model.pb", "");
  EXPECT_EQ(Paths(ParseGraphDir(saved)->model), List{dir.path() / "model.pb"});
  EXPECT_EQ(Paths(ParseGraphDir("tensorflowlite::m")->model), List{"m/model.tflite"});
}

TEST(GraphDir, AnEncodingToDetectTakesTheFileThatIsThere) {
  const test::TempDir dir;
  const std::string any = "autodetect::" + dir.path().string();
  EXPECT_EQ(Paths(ParseGraphDir(any)->model), List{dir.path()});
  dir.Write("model.onnx", "");
  dir.Write("model.bin", "");
  EXPECT_EQ(Paths(ParseGraphDir(any)->model), List{dir.path() / "model.onnx"});
  dir.Write("model.xml", "");
  EXPECT_THAT(ParseGraphDir(any),
              Fails(ErrorCode::kInvalidArgument, (dir.path() / "model.xml").string() + " and " +
                                                     (dir.path() / "model.onnx").string() +
                                                     " are both there; give the encoding"));
}

TEST(GraphDir, TheNameIsTheBaseNameHoweverTheDirectoryIsWritten) {
  EXPECT_EQ(ParseGraphDir("onnx::models/photo/")->name, "photo");
  EXPECT_EQ(ParseGraphDir("onnx::models/photo/.")->name, "photo");
  EXPECT_EQ(ParseGraphDir("onnx::models/x/../photo//")->name, "photo");
  EXPECT_EQ(ParseGraphDir("onnx::.")->name, std::filesystem::current_path().filename().string());
}

TEST(GraphDir, SaysWhatIsWrong) {
  for (const char* text : {"onnx:models", "onnx::", "models"}) {
    EXPECT_THAT(ParseGraphDir(text), Fails(ErrorCode::kInvalidArgument, "expected ENCODING::DIR"))
        << text;
  }
  EXPECT_THAT(ParseGraphDir("keras::m"), Fails(ErrorCode::kInvalidArgument, testing::_));
}

TEST(Model, IsEncodingAndPaths) {
  const auto parsed = ParseModel("openvino:a b.xml:a b.bin");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(Paths(*parsed), (List{"a b.xml", "a b.bin"}));
  EXPECT_THAT(ParseModel("onnx"),
              Fails(ErrorCode::kInvalidArgument, "expected ENCODING:PATH[:PATH…]"));
}

}  // namespace
}  // namespace namesake::cli
