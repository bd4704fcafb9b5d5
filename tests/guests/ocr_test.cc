// The guest that reads text from images, with two models at once: what it prints about images that
// tests/data/make_images.py has made, and about what it can't read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "guests/guest_run.h"

namespace namesake::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::filesystem::path kImages = kSourceDir / "tests/data/images";
const std::filesystem::path kNetworks = kDeps / "rapidocr/rapidocr/models";
const std::filesystem::path kDetection = kNetworks / "PP-OCRv6_det_small.onnx";
const std::filesystem::path kRecognition = kNetworks / "PP-OCRv6_rec_small.onnx";

ProcessResult Characters(const std::filesystem::path& model) {
  return RunProcess({"python3", kSourceDir / "guests/ocr/characters.py", model});
}

class OcrTest : public ::testing::Test {
 protected:
  OcrTest() {
    const ProcessResult characters = Characters(kRecognition);
    EXPECT_EQ(characters.exit_code, 0) << characters;
    folder_.Write("characters.txt", characters.out);
  }

  // With the models "find" and "read".
  ProcessResult Ocr(const std::vector<std::string>& arguments,
                    const std::string& backend = "onnxruntime") const {
    return RunGuest("ocr",
                    {"--nn-backend", "onnx=" + backend,                         //
                     "--nn-preload", "find:onnx:cpu:" + kDetection.string(),    //
                     "--nn-preload", "read:onnx:cpu:" + kRecognition.string(),  //
                     "--dir", kImages.string() + "::/images",                   //
                     "--dir", folder_.path().string() + "::/files"},
                    arguments);
  }

  const TempDir& folder() const { return folder_; }

 private:
  const TempDir folder_;
};

class OcrBackendTest : public OcrTest, public ::testing::WithParamInterface<std::string> {};

INSTANTIATE_TEST_SUITE_P(Backends, OcrBackendTest, ::testing::Values("onnxruntime", "openvino"),
                         [](const auto& backend) { return backend.param; });

TEST_P(OcrBackendTest, ReadsALine) {
  const ProcessResult result =
      Ocr({"find", "read", "/files/characters.txt", "/images/line.png"}, GetParam());
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_EQ(result.out, "Namesake reads line 42, café.\n") << result;
}

// The lines differ in height and length, so that the second model gets a new shape for each.
TEST_P(OcrBackendTest, ReadsLinesInTheirOrder) {
  const ProcessResult result =
      Ocr({"find", "read", "/files/characters.txt", "/images/lines.png"}, GetParam());
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_EQ(result.out, "Second Street 17\nGröße: 3,5 m\ntotal 1,234.50 EUR\n(paid)\n") << result;
}

// Expects exit code 1, the reason on standard error and nothing on standard output.
void ExpectRefusal(const ProcessResult& result, const std::string& reason) {
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, HasSubstr("ocr: " + reason));
}

TEST_F(OcrTest, SaysThatThereIsNoText) {
  ExpectRefusal(Ocr({"find", "read", "/files/characters.txt", "/images/blank.png"}),
                "there is no text on /images/blank.png\n");
}

TEST_F(OcrTest, RefusesTheModelsInTheWrongOrder) {
  ExpectRefusal(Ocr({"read", "find", "/files/characters.txt", "/images/line.png"}),
                "the model \"read\" does not take an image as float32 [1, 3, 128, 512]: "
                "invalid_argument\n");
}

TEST_F(OcrTest, RefusesTheCharactersOfAnotherModel) {
  folder().Write("few.txt", "a\nb\nc\n");
  ExpectRefusal(Ocr({"find", "read", "/files/few.txt", "/images/line.png"}),
                "the model \"read\" tells 18710 classes apart, but there are 3 characters, the "
                "space and nothing\n");
}

// These end before a model is needed.
class OcrArgumentsTest : public ::testing::Test {
 protected:
  ProcessResult Ocr(const std::vector<std::string>& arguments) const {
    return RunGuest(
        "ocr",
        {"--dir", folder.path().string() + "::/files", "--dir", kImages.string() + "::/images"},
        arguments);
  }
  const TempDir folder;
};

TEST_F(OcrArgumentsTest, AreChecked) {
  folder.Write("some.txt", "a\nb\n");
  ExpectRefusal(Ocr({"find", "read"}), "usage: ocr DETECTION RECOGNITION CHARACTERS IMAGE\n");
  ExpectRefusal(Ocr({"find", "read", "/files/absent", "/images/line.png"}),
                "can't read the characters /files/absent: No such file or directory\n");
  ExpectRefusal(Ocr({"find", "read", "/files/some.txt", "/files/some.txt"}),
                "can't read /files/some.txt: it is not a PNG or JPEG image, or it is damaged\n");
  ExpectRefusal(Ocr({"find", "read", "/files/some.txt", "/images/line.png"}),
                "the host has no model named \"find\". Give it one: namesake run --nn-preload "
                "find:onnx:FILE …\n");
}

TEST(OcrCharacters, AreRefusedOfOtherFiles) {
  const auto says = [](const std::filesystem::path& model) {
    const ProcessResult result = Characters(model);
    EXPECT_EQ(result.exit_code, 1) << result;
    EXPECT_THAT(result.out, IsEmpty());
    return result.err;
  };
  EXPECT_EQ(says(kDetection),
            "characters.py: " + kDetection.string() + ": its metadata has no \"character\"\n");
  const std::filesystem::path image = kImages / "line.png";
  EXPECT_EQ(says(image),
            "characters.py: " + image.string() + ": it is no ONNX file, or is cut off\n");
}

}  // namespace
}  // namespace namesake::test
