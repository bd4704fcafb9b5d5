#include "cli/model_option.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
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

constexpr std::array kServed = {Encoding::kOpenVino, Encoding::kOnnx, Encoding::kTensorFlow,
                                Encoding::kTensorFlowLite};

Result<NamedModel> Preload(std::string_view text) { return ParsePreload(text, kServed); }
Result<NamedModel> GraphDir(std::string_view text) { return ParseGraphDir(text, kServed); }
Result<Model> Inspected(std::string_view text, std::optional<Target> target = {}) {
  return ParseModel(text, target, kServed);
}

TEST(Preload, ThreeFieldsAreNameEncodingPath) {
  const auto parsed = Preload("photo:onnx:models/m.onnx");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->name, "photo");
  EXPECT_EQ(parsed->model.encoding, Encoding::kOnnx);
  EXPECT_EQ(parsed->model.target, Target::kCpu);
  EXPECT_EQ(Paths(parsed->model), List{"models/m.onnx"});
}

TEST(Preload, FourFieldsHaveATarget) {
  const auto parsed = Preload("default:OpenVINO:GPU:a.xml:a.bin");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->model.encoding, Encoding::kOpenVino);
  EXPECT_EQ(parsed->model.target, Target::kGpu);
  EXPECT_EQ(Paths(parsed->model), (List{"a.xml", "a.bin"}));
  EXPECT_EQ(Preload("m:TensorflowLite:auto:m.tflite")->model.target, Target::kAuto);
}

TEST(Preload, WithoutATargetTwoPathsAreTwoPaths) {
  const auto parsed = Preload("m:openvino:a.xml:a.bin");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(Paths(parsed->model), (List{"a.xml", "a.bin"}));
}

TEST(Preload, WhatIsToBeDetectedMayHaveTwoPaths) {
  EXPECT_EQ(Paths(Preload("m:autodetect:auto:a:b")->model), (List{"a", "b"}));
  EXPECT_THAT(Preload("m:autodetect:a:b:c"),
              Fails(ErrorCode::kInvalidArgument, "\"a\" is not a target (cpu, gpu, tpu or auto)"));
}

TEST(Preload, AnOnlyPathIsAPathWhateverItReadsAs) {
  EXPECT_EQ(Paths(Preload("m:onnx:cpu")->model), List{"cpu"});
  EXPECT_EQ(Paths(Preload("m:openvino:./cpu:gpu")->model), (List{"./cpu", "gpu"}));
}

TEST(Preload, SpacesStandForThemselvesAndColonsAreEscaped) {
  const auto parsed = Preload(R"(my\:name:onnx:C\:\\my models\: new\m.onnx)");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->name, "my:name");
  EXPECT_EQ(Paths(parsed->model), List{R"(C:\my models: new\m.onnx)"});
}

TEST(Preload, WithoutAnEncodingTheContentTells) {
  for (const char* path : {"m.onnx", "models/m", "./onnx", "gpu", "cpu", "m", "a b", "ünïcode",
                           "..", "/", "model=x", "-x"}) {
    const auto parsed = Preload(std::string("photo:") + path);
    ASSERT_THAT(parsed, IsOk()) << path;
    EXPECT_EQ(parsed->name, "photo");
    EXPECT_EQ(parsed->model.encoding, Encoding::kAutodetect);
    EXPECT_EQ(parsed->model.target, Target::kCpu);
    EXPECT_EQ(Paths(parsed->model), List{path});
  }
  EXPECT_EQ(Paths(Preload(R"(m:on\:nx)")->model), List{"on:nx"});
  EXPECT_EQ(Paths(Preload(R"(m:C\:\models\m.onnx)")->model), List{R"(C:\models\m.onnx)"});
  const auto two = Preload("m:models/a.XML:b");
  ASSERT_THAT(two, IsOk());
  EXPECT_EQ(two->model.encoding, Encoding::kAutodetect);
  EXPECT_EQ(Paths(two->model), (List{"models/a.XML", "b"}));
}

TEST(Preload, AnEncodingIsANameWhereOneFollowsIt) {
  const auto parsed = Preload("onnx:onnx:m.onnx");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->name, "onnx");
  EXPECT_EQ(Preload("gpu:m.onnx")->name, "gpu");
}

void Refuses(Result<NamedModel> (*parse)(std::string_view), std::string_view text,
             const std::string& message) {
  EXPECT_THAT(parse(text), Fails(ErrorCode::kInvalidArgument, message)) << text;
}

TEST(Preload, OffersANameWhereThereIsNone) {
  const std::string expected = "expected NAME[:ENCODING[:TARGET]]:PATH[:PATH...]";
  for (const char* text : {"", "photo", "..", ".", "/", "photo=", "=a"}) {
    EXPECT_THAT(Preload(text), Fails(ErrorCode::kInvalidArgument, testing::StartsWith(expected)))
        << text;
  }
  Refuses(Preload, "photo", expected + ", such as photo:photo.onnx");
  Refuses(Preload, "models/mlp.onnx", expected + "; did you mean mlp:models/mlp.onnx?");
  Refuses(Preload, "models/saved/", expected + "; did you mean saved:models/saved/?");
  Refuses(Preload, "mlp=mlp.onnx", expected + "; did you mean mlp:mlp.onnx?");
  Refuses(Preload, "a/x=1.onnx", expected + "; did you mean x=1:a/x=1.onnx?");
  Refuses(Preload, R"(a\:b.onnx)", expected + R"(; did you mean a\:b:a\:b.onnx?)");
  Refuses(Preload, "a.onnx\x1b", expected + R"(; did you mean a:a.onnx\x1b?)");
  Refuses(
      Preload, "onnx:models/mlp.onnx",
      "\"onnx\" is an encoding, but no name precedes it; did you mean mlp:onnx:models/mlp.onnx?");
  Refuses(
      Preload, "openvino:a.xml:a.bin",
      "\"openvino\" is an encoding, but no name precedes it; did you mean a:openvino:a.xml:a.bin?");
}

TEST(Preload, SaysWhatIsWrong) {
  Refuses(
      Preload, "photo:onnx",
      "\"onnx\" is an encoding and needs a path after it; for a file of that name, write ./onnx");
  Refuses(Preload, "photo:onx:m.onnx", "\"onx\" is not an encoding; did you mean \"onnx\"?");
  Refuses(Preload, "photo:OpenVina:m.xml",
          "\"OpenVina\" is not an encoding; did you mean \"openvino\"?");
  const std::string list =
      " is not an encoding (openvino, onnx, tensorflow or tensorflowlite, or autodetect to detect "
      "it from the content); write a colon in a path as \"\\:\", as in ";
  Refuses(Preload, R"(photo:C:\models\m.onnx)", "\"C\"" + list + R"(C\:\\models\\m.onnx)");
  Refuses(Preload, "photo:dir:with/colon.onnx", "\"dir\"" + list + R"(dir\:with/colon.onnx)");
  Refuses(Preload, "photo:keras:m", "\"keras\"" + list + R"(keras\:m)");
  Refuses(Preload, "photo:gpu:m.onnx",
          "\"gpu\" is a target, which goes after an encoding: autodetect:gpu:m.onnx");
  Refuses(Preload, "photo:onnx:npu:m.onnx", "\"npu\" is not a target (cpu, gpu, tpu or auto)");
  Refuses(Preload, "photo:onnx:dir/with:colon.onnx",
          "onnx takes one path, not 2; write a colon in a path as \"\\:\", as in "
          R"(dir/with\:colon.onnx)");
  Refuses(Preload, "photo:openvino:cpu:a:b:c",
          "openvino takes at most two paths, not 3; write a colon in a path as \"\\:\", as "
          R"(in a\:b\:c)");
  for (const char* text : {"photo:dir/with:colon.onnx", "photo:a.xml:b:c", "photo:a.onnx:gpu"}) {
    EXPECT_THAT(Preload(text),
                Fails(ErrorCode::kInvalidArgument,
                      testing::StartsWith("without an encoding, expected one path or XML:BIN; "
                                          "write a colon in a path as \"\\:\"")))
        << text;
  }
  for (const char* text : {"photo:onnx:", "photo:onnx:cpu:", "photo:onnx:a.xml::b",
                           "photo:", "photo::m.onnx", ":", "::", "photo::"}) {
    Refuses(Preload, text, "a path is empty; write a colon in a path as \"\\:\"");
  }
}

TEST(Preload, EncodingsThatNobodyServesAreReadAndNotListed) {
  EXPECT_EQ(Preload("m:pytorch:m.pt")->model.encoding, Encoding::kPyTorch);
  EXPECT_EQ(Preload("m:GGML:m.gguf")->model.encoding, Encoding::kGgml);
  EXPECT_THAT(ParsePreload("m:pytorhc:m", std::array{Encoding::kOnnx}),
              Fails(ErrorCode::kInvalidArgument,
                    testing::StartsWith("\"pytorhc\" is not an encoding (onnx, or autodetect ")));
}

TEST(GraphDir, FollowsWasmtimesConventions) {
  const auto onnx = GraphDir("onnx::models/photo");
  ASSERT_THAT(onnx, IsOk());
  EXPECT_EQ(onnx->name, "photo");
  EXPECT_EQ(Paths(onnx->model), List{"models/photo/model.onnx"});
  EXPECT_EQ(Paths(GraphDir("OpenVINO::m")->model), List{"m/model.xml"});
  EXPECT_EQ(Paths(GraphDir("pytorch::m")->model), List{"m/model.pt"});
}

TEST(GraphDir, TakesTensorFlowsFormatsToo) {
  const test::TempDir dir;
  const std::string saved = "tensorflow::" + dir.path().string();
  EXPECT_EQ(Paths(GraphDir(saved)->model), List{dir.path()});
  dir.Write("model.pb", "");
  EXPECT_EQ(Paths(GraphDir(saved)->model), List{dir.path() / "model.pb"});
  EXPECT_EQ(Paths(GraphDir("tensorflowlite::m")->model), List{"m/model.tflite"});
}

TEST(GraphDir, AnEncodingToDetectTakesTheFileThatIsThere) {
  const test::TempDir dir;
  const std::string any = "autodetect::" + dir.path().string();
  EXPECT_EQ(Paths(GraphDir(any)->model), List{dir.path()});
  dir.Write("model.onnx", "");
  dir.Write("model.bin", "");
  EXPECT_EQ(Paths(GraphDir(any)->model), List{dir.path() / "model.onnx"});
  dir.Write("model.xml", "");
  EXPECT_THAT(GraphDir(any),
              Fails(ErrorCode::kInvalidArgument, (dir.path() / "model.xml").string() + " and " +
                                                     (dir.path() / "model.onnx").string() +
                                                     " both exist; give the encoding"));
}

TEST(GraphDir, TheNameIsTheBaseNameHoweverTheDirectoryIsWritten) {
  EXPECT_EQ(GraphDir("onnx::models/photo/")->name, "photo");
  EXPECT_EQ(GraphDir("onnx::models/photo/.")->name, "photo");
  EXPECT_EQ(GraphDir("onnx::models/x/../photo//")->name, "photo");
  EXPECT_EQ(GraphDir("onnx::.")->name, std::filesystem::current_path().filename().string());
}

TEST(GraphDir, SaysWhatIsWrong) {
  for (const char* text : {"onnx::", "models", "", ":", "::", "onnx:", "dir:with"}) {
    Refuses(GraphDir, text, "expected ENCODING::DIR, such as onnx::models/photo");
  }
  Refuses(GraphDir, "onnx:models", "expected ENCODING::DIR; did you mean onnx::models?");
  Refuses(GraphDir, "onx::models", "\"onx\" is not an encoding; did you mean \"onnx\"?");
  Refuses(GraphDir, "keras::m",
          "\"keras\" is not an encoding (openvino, onnx, tensorflow or tensorflowlite, or "
          "autodetect to detect it from the content)");
}

TEST(GraphDir, OffersTheModelThatIsThere) {
  const test::TempDir temp;
  const std::string dir = (temp.path() / "two").string();
  std::filesystem::create_directory(dir);
  EXPECT_THAT(GraphDir("onnx::" + dir), IsOk());  // Nothing to suggest; the load reports the error.
  temp.Write("two/notes.txt", "");
  temp.Write("two/two.onnx", "");
  const std::string offer = "; did you mean --nn-preload two:" + dir + "/two.onnx?";
  Refuses(GraphDir, "onnx::" + dir, dir + " has no model.onnx, but has two.onnx" + offer);
  Refuses(GraphDir, "openvino::" + dir, dir + " has no model.xml, but has two.onnx" + offer);
  Refuses(GraphDir, "tensorflow::" + dir, dir + " has no model.pb, but has two.onnx" + offer);
  Refuses(GraphDir, "autodetect::" + dir,
          dir + " has no recognized model.* file, but has two.onnx" + offer);
  temp.Write("two/a.onnx", "");
  EXPECT_THAT(GraphDir("onnx::" + dir),
              Fails(ErrorCode::kInvalidArgument, testing::HasSubstr("but has a.onnx; ")));
  temp.Write("two/model.onnx", "");
  EXPECT_THAT(GraphDir("onnx::" + dir), IsOk());
  Refuses(
      GraphDir, "openvino::" + dir,
      dir + " has no model.xml, but has model.onnx; did you mean --nn-graph onnx::" + dir + "?");
  temp.Write("two/z.xml", "");
  EXPECT_THAT(GraphDir("openvino::" + dir + "/"),
              Fails(ErrorCode::kInvalidArgument, testing::HasSubstr("but has z.xml; ")));
  temp.Write("two/saved_model.pb", "");
  EXPECT_THAT(GraphDir("tensorflow::" + dir), IsOk());
}

TEST(Model, IsAPathOrEncodingTargetAndPaths) {
  const auto parsed = Inspected("openvino:a b.xml:a b.bin");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(Paths(*parsed), (List{"a b.xml", "a b.bin"}));
  EXPECT_EQ(Inspected("mlp.onnx")->encoding, Encoding::kAutodetect);
  EXPECT_EQ(Inspected("onnx:gpu:mlp.onnx")->target, Target::kGpu);
  EXPECT_EQ(Inspected("mlp.onnx", Target::kGpu)->target, Target::kGpu);
  EXPECT_EQ(Inspected("onnx:mlp.onnx")->target, Target::kCpu);
  EXPECT_THAT(
      Inspected("onnx:gpu:mlp.onnx", Target::kGpu),
      Fails(ErrorCode::kInvalidArgument, "the target is given twice, here and with --target"));
  EXPECT_THAT(Inspected("onnx"), Fails(ErrorCode::kInvalidArgument,
                                       "\"onnx\" is an encoding and needs a path after it; for a "
                                       "file of that name, write ./onnx"));
  EXPECT_THAT(Inspected("mlp:onnx:gpu:m.onnx"),
              Fails(ErrorCode::kInvalidArgument,
                    "expected a model without a name; did you mean onnx:gpu:m.onnx?"));
  EXPECT_THAT(Inspected(""), Fails(ErrorCode::kInvalidArgument, testing::_));
}

TEST(ServedEncodings, AreThoseOfTheBackends) {
  EXPECT_TRUE(ServedEncodings({}).empty());
  EXPECT_EQ(EncodingList({}), "");
  EXPECT_EQ(EncodingList(std::array{Encoding::kOnnx}), "onnx");
  EXPECT_EQ(EncodingList(kServed), "openvino, onnx, tensorflow or tensorflowlite");
}

}  // namespace
}  // namespace namesake::cli
