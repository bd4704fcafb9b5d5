// The photo guests, a module and a component: what they say about photos, and about other files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <regex>

#include "guests/guest_run.h"

namespace namesake::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::filesystem::path kModels = kSourceDir / "examples/models";
const std::filesystem::path kLabels = kSourceDir / "examples/labels";
const std::filesystem::path kImages = kSourceDir / "examples/images";
const std::string kModel =
    "efficientnet:onnx:cpu:" + (kModels / "efficientnet-lite0.onnx").string();

ProcessResult Classify(const std::string& guest, const std::filesystem::path& photo,
                       const std::string& preload = kModel,
                       const std::string& model = "efficientnet") {
  return RunGuest(guest,
                  {"--nn-preload", preload,                              //
                   "--dir", photo.parent_path().string() + "::/photos",  //
                   "--dir", kLabels.string() + "::/labels"},
                  {model, "/labels/imagenet_labels.txt", "/photos/" + photo.filename().string()});
}

struct Answer {
  std::string label;
  double percent = 0;
};

// The classes that the guest prints, most likely first.
std::vector<Answer> Answers(const std::string& out) {
  static const std::regex kLine(R"(\n  (\S.*?) +([0-9.]+) %)");
  std::vector<Answer> answers;
  for (std::sregex_iterator match(out.begin(), out.end(), kLine), end; match != end; ++match) {
    answers.push_back({(*match)[1], std::stod((*match)[2])});
  }
  return answers;
}

// A photo's most likely class according to another runtime, from examples/models/expected.json.
Answer Expected(const std::string& photo) {
  const auto json = nlohmann::json::parse(ReadWholeFile(kModels / "expected.json"));
  const auto& likeliest = json.at(photo).at(0);
  return {likeliest.at("label"), 100 * likeliest.at("probability").get<double>()};
}

void ExpectLikeliest(const ProcessResult& result, const Answer& expected) {
  ASSERT_EQ(result.exit_code, 0) << result;
  const std::vector<Answer> answers = Answers(result.out);
  ASSERT_EQ(answers.size(), 5U) << result;
  EXPECT_EQ(answers[0].label, expected.label) << result;
  EXPECT_NEAR(answers[0].percent, expected.percent, 2) << result;
  EXPECT_TRUE(std::ranges::is_sorted(answers, std::ranges::greater(), &Answer::percent)) << result;
}

class ClassifyTest : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Guests, ClassifyTest, ::testing::Values("classify", "classify_component"),
                         [](const auto& guest) { return guest.param; });

TEST_P(ClassifyTest, NamesTheEspresso) {
  ExpectLikeliest(Classify(GetParam(), kImages / "coffee.png"), Expected("coffee.png"));
}

TEST_P(ClassifyTest, NamesTheCat) {
  ExpectLikeliest(Classify(GetParam(), kImages / "chelsea.png"), Expected("chelsea.png"));
}

TEST_P(ClassifyTest, ReadsJpeg) {
  ExpectLikeliest(Classify(GetParam(), kImages / "coffee.jpg"), Expected("coffee.png"));
}

TEST_P(ClassifyTest, AnswersTheSameFromOpenVinoIr) {
  ExpectLikeliest(
      Classify(GetParam(), kImages / "coffee.png",
               "efficientnet:openvino:cpu:" + (kModels / "efficientnet-lite0.xml").string()),
      Expected("coffee.png"));
}

TEST_P(ClassifyTest, ReadsAPhotoWhoseNameHasSpaces) {
  const TempDir folder;
  CopyInto(folder, kImages / "coffee.jpg", "a photo of mine.jpg");
  ExpectLikeliest(Classify(GetParam(), folder.path() / "a photo of mine.jpg"),
                  Expected("coffee.png"));
}

TEST_P(ClassifyTest, SaysHowLongItTook) {
  const ProcessResult result = Classify(GetParam(), kImages / "coffee.png");
  EXPECT_TRUE(std::regex_search(result.out, std::regex(R"(load by name +[0-9.]+ (µs|ms))")))
      << result;
  EXPECT_TRUE(std::regex_search(result.out, std::regex(R"(one inference +[0-9.]+ (µs|ms))")))
      << result;
}

// Expects exit code 1, the reason on standard error and nothing on standard output.
void ExpectRefusal(const ProcessResult& result, const std::string& reason) {
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, HasSubstr("classify: " + reason));
}

TEST_P(ClassifyTest, RefusesAPhotoThatDoesNotExist) {
  ExpectRefusal(Classify(GetParam(), kImages / "absent.png"),
                "can't read the photo /photos/absent.png: No such file or directory\n");
}

TEST_P(ClassifyTest, RefusesATextFile) {
  ExpectRefusal(Classify(GetParam(), kModels / "expected.json"),
                "can't read the photo /photos/expected.json: it is not a PNG or JPEG image");
}

TEST_P(ClassifyTest, RefusesAPhotoThatIsCutOff) {
  const TempDir folder;
  folder.Write("half.png", ReadWholeFile(kImages / "coffee.png").substr(0, 200'000));
  ExpectRefusal(Classify(GetParam(), folder.path() / "half.png"),
                "can't read the photo /photos/half.png: ");
}

TEST_P(ClassifyTest, RefusesAFileOutsideOfItsFolders) {
  const ProcessResult result =
      RunGuest(GetParam(), {"--dir", kLabels.string() + "::/labels"},
               {"efficientnet", "/labels/imagenet_labels.txt", "/labels/../images/coffee.png"});
  ExpectRefusal(result, "can't read the photo /labels/../images/coffee.png: ");
}

TEST_P(ClassifyTest, SaysHowToGiveItAModelThatTheHostLacks) {
  ExpectRefusal(Classify(GetParam(), kImages / "coffee.png", kModel, "resnet"),
                "the host has no model named \"resnet\". Give it one: namesake run --nn-preload "
                "resnet:onnx:FILE …\n");
}

TEST_P(ClassifyTest, RefusesAModelThatTakesSomethingElse) {
  const std::string magika = kDeps / "magika/magika/models/standard_v3_3/model.onnx";
  ExpectRefusal(Classify(GetParam(), kImages / "coffee.png", "efficientnet:onnx:cpu:" + magika),
                "the model does not take a photo as float32 [1, 3, 224, 224]: " +
                    std::string(GetParam() == "classify"
                                    ? "invalid_argument\n"
                                    : "input 0 (\"bytes\") expects i32 [?,2048], got f32 "
                                      "[1,3,224,224]\n"));
}

}  // namespace
}  // namespace namesake::test
