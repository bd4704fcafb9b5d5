// Which files a model has, by its encoding.
#include "graph/model_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/onnx_bytes.h"
#include "support/temp_dir.h"

namespace namesake::graph {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class FilesOfTest : public testing::Test {
 protected:
  // Makes paths relative to the test's directory.
  std::vector<std::string> Relative(const std::vector<fs::path>& files) const {
    std::vector<std::string> names;
    for (const fs::path& file : files) {
      names.push_back(file.string().substr(dir_.path().string().size() + 1));
    }
    return names;
  }
  std::vector<std::string> Files(const std::vector<std::string>& paths, Encoding encoding) const {
    ModelFiles given;
    for (const std::string& path : paths) given.paths.push_back(dir_.path() / path);
    return Relative(FilesOf({.encoding = encoding, .source = given}));
  }

  test::TempDir dir_;
};

TEST_F(FilesOfTest, AnIrHasItsWeightsBesideItOrAsGiven) {
  EXPECT_THAT(Files({"m.xml"}, Encoding::kOpenVino), ElementsAre("m.xml", "m.bin"));
  EXPECT_THAT(Files({"m.xml"}, Encoding::kAutodetect), ElementsAre("m.xml", "m.bin"));
  EXPECT_THAT(Files({"m.xml", "w"}, Encoding::kOpenVino), ElementsAre("m.xml", "w"));
}

TEST_F(FilesOfTest, AnOnnxModelHasWhatItNamesAndMayName) {
  dir_.Write("a/m", test::OnnxWith({"w", "deep/v", "../out", "/etc/passwd", "a_ORT_MEM_ADDR_"}));
  EXPECT_THAT(Files({"a/m"}, Encoding::kOnnx), ElementsAre("a/m", "a/deep/v", "a/w"));
  EXPECT_THAT(Files({"a/m"}, Encoding::kAutodetect),
              ElementsAre("a/m", "a/deep/v", "a/w", "a/m.bin"));
  dir_.Write("a/m", "damaged");
  EXPECT_THAT(Files({"a/m"}, Encoding::kOnnx), ElementsAre("a/m"));
}

TEST_F(FilesOfTest, ADirectoryHasAllThatIsInItWhereTheEncodingMayBeOne) {
  dir_.Write("d/b", "");
  dir_.Write("d/a/c", "");
  fs::create_symlink("nowhere", dir_.path() / "d/link");
  EXPECT_THAT(Files({"d"}, Encoding::kTensorFlow),
              ElementsAre("d", "d/a", "d/a/c", "d/b", "d/link"));
  EXPECT_THAT(Files({"d"}, Encoding::kAutodetect),
              ElementsAre("d", "d/a", "d/a/c", "d/b", "d/link", "d.bin"));
  EXPECT_THAT(Files({"d"}, Encoding::kOnnx), ElementsAre("d"));
}

TEST_F(FilesOfTest, OtherEncodingsAreOneFile) {
  dir_.Write("m.onnx", test::OnnxWith({"w"}));
  for (const Encoding encoding :
       {Encoding::kTensorFlow, Encoding::kPyTorch, Encoding::kTensorFlowLite, Encoding::kGgml}) {
    EXPECT_THAT(Files({"m.onnx"}, encoding), ElementsAre("m.onnx"));
  }
}

TEST_F(FilesOfTest, AModelInMemoryHasNone) {
  EXPECT_TRUE(FilesOf(Model{.source = ModelBytes{}}).empty());
  EXPECT_TRUE(FilesOf(Model{.source = ModelFiles{}}).empty());
}

TEST_F(FilesOfTest, ACheckedModelHasItsCompanionsAndTheFilesInIt) {
  const fs::path file = dir_.Write("m.onnx", "");
  EXPECT_THAT(Relative(FilesOf({.model = file, .companions = {dir_.path() / "w"}})),
              ElementsAre("m.onnx", "w"));
  dir_.Write("d/b", "");
  dir_.Write("d/a/c", "");
  EXPECT_THAT(Relative(FilesOf(ModelLayout::Files{.model = dir_.path() / "d", .companions = {}})),
              ElementsAre("d", "d/a/c", "d/b"));
}

}  // namespace
}  // namespace namesake::graph
