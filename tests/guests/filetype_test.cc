// The file-type guests, a module and components in Python and JavaScript, give the same answers as
// the program that the network comes from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "guests/guest_run.h"

namespace namesake::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::filesystem::path kMagika = kDeps / "magika/magika";
const std::filesystem::path kMagikaProgram = kDeps / "magika/magika-1.0.3.data/scripts/magika";

ProcessResult Identify(const std::string& guest, const std::filesystem::path& folder,
                       const std::vector<std::string>& files) {
  std::vector<std::string> arguments = {"magika", "/magika/models/standard_v3_3/config.min.json",
                                        "/magika/config/content_types_kb.min.json"};
  for (const std::string& file : files) arguments.push_back("/files/" + file);
  return RunGuest(
      guest,
      {"--nn-preload", "magika:onnx:cpu:" + (kMagika / "models/standard_v3_3/model.onnx").string(),
       "--dir", kMagika.string() + "::/magika",  //
       "--dir", folder.string() + "::/files"},
      arguments);
}

// The labels from lines of `path: label`.
std::vector<std::string> Labels(const std::string& out) {
  std::vector<std::string> labels;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    labels.push_back(line.substr(line.rfind(": ") + 2));
  }
  return labels;
}

std::vector<std::string> FilesIn(const std::filesystem::path& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.push_back(entry.path().filename());
  }
  std::ranges::sort(files);
  return files;
}

void ExpectTheProgramsAnswers(const std::string& guest, const TempDir& folder) {
  const std::vector<std::string> files = FilesIn(folder.path());
  std::vector<std::string> command = {kMagikaProgram, "--no-colors", "--format", "%p: %l"};
  command.insert(command.end(), files.begin(), files.end());
  const ProcessResult expected = RunProcess(command, {.working_directory = folder.path()});
  ASSERT_EQ(expected.exit_code, 0) << expected;
  const std::vector<std::string> expected_labels = Labels(expected.out);
  ASSERT_THAT(expected_labels, SizeIs(files.size())) << expected;

  const ProcessResult result = Identify(guest, folder.path(), files);
  ASSERT_EQ(result.exit_code, 0) << result;
  const std::vector<std::string> labels = Labels(result.out);
  ASSERT_THAT(labels, SizeIs(files.size())) << result;
  for (std::size_t i = 0; i < files.size(); ++i)
    EXPECT_EQ(labels[i], expected_labels[i]) << files[i];
}

std::string Repeat(std::string_view text, int count) {
  std::string repeated;
  for (int i = 0; i < count; ++i) repeated += text;
  return repeated;
}

class FiletypeTest : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Guests, FiletypeTest,
                         ::testing::Values("filetype", "filetype_py", "filetype_js"),
                         [](const auto& guest) { return guest.param; });

TEST_P(FiletypeTest, AgreesOnFilesOfManyTypes) {
  const TempDir folder;
  CopyInto(folder, kSourceDir / "examples/images/coffee.png", "photo");
  CopyInto(folder, kSourceDir / "examples/images/coffee.jpg", "photo.jpg");
  CopyInto(folder, kSourceDir / "examples/models/efficientnet-lite0.onnx", "model.onnx");
  CopyInto(folder, kSourceDir / "examples/models/efficientnet-lite0.xml", "model.xml");
  CopyInto(folder, kSourceDir / "examples/models/expected.json", "answers");
  CopyInto(folder, kSourceDir / "examples/README.md", "text.md");
  CopyInto(folder, kSourceDir / "guests/filetype/filetype.cc", "source");
  CopyInto(folder, kSourceDir / "scripts/demo", "script");
  CopyInto(folder, kSourceDir / "cmake/WasmGuest.cmake", "build");
  CopyInto(folder, kSourceDir / "rust/Cargo.toml", "manifest");
  CopyInto(folder, kMagika / "magika.py", "program.txt");
  CopyInto(folder, kGuestDir / "filetype.wasm", "module");
  CopyInto(folder, "/proc/self/exe", "executable");
  folder.Write("table.csv", "name,count\n" + Repeat("espresso,17\ncup,4\n", 20));
  const ProcessResult zip =
      RunProcess({"python3", "-m", "zipfile", "-c", "archive", "answers", "text.md"},
                 {.working_directory = folder.path()});
  ASSERT_EQ(zip.exit_code, 0) << zip;
  ExpectTheProgramsAnswers(GetParam(), folder);

  const std::vector<std::string> labels =
      Labels(Identify(GetParam(), folder.path(), FilesIn(folder.path())).out);
  EXPECT_GE(std::set(labels.begin(), labels.end()).size(), 12U) << "too few types to mean much";
  EXPECT_THAT(labels, Contains("zip"));
  EXPECT_THAT(labels, Contains("cpp"));
}

TEST_P(FiletypeTest, AgreesOnFilesThatNeedNoNetwork) {
  const TempDir folder;
  folder.Write("empty", "");
  folder.Write("short", "abc");
  folder.Write("short utf-8", "z\xC3\xBC");
  folder.Write("short binary", "\xFF\xFE\x01");
  folder.Write("surrogate", "\xED\xA0\x80");
  folder.Write("overlong", "\xC0\x80");
  folder.Write("cut off", "abc\xE2\x82");
  folder.Write("space", Repeat(" \t\r\n\v\f", 200));
  folder.Write("space and little", Repeat(" \n", 1500) + "ab");
  folder.Write("space beyond a block", Repeat(" ", 5000) + "import os\n");
  std::filesystem::create_directory(folder.path() / "folder");
  ExpectTheProgramsAnswers(GetParam(), folder);
}

TEST_P(FiletypeTest, AgreesOnFilesAtTheEdgesOfItsBlocks) {
  const TempDir folder;
  const std::string python = Repeat("import os\nprint(os.environ)\n", 400);
  for (const std::size_t size : {8U, 9U, 1023U, 1024U, 1025U, 2048U, 4095U, 4096U, 4097U, 8192U}) {
    folder.Write("python " + std::to_string(size), python.substr(0, size));
  }
  folder.Write("padded", Repeat(" \n", 1000) + python.substr(0, 500) + Repeat("\n", 3000));
  folder.Write("zeros", std::string(6000, '\0'));
  ExpectTheProgramsAnswers(GetParam(), folder);
}

TEST_P(FiletypeTest, GoesOnAfterAFileThatCannotBeRead) {
  const TempDir folder;
  folder.Write("a.py", Repeat("import os\nprint(os.environ)\n", 40));
  const ProcessResult result = Identify(GetParam(), folder.path(), {"absent", "a.py"});
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_EQ(result.out, "/files/a.py: python\n");
  EXPECT_THAT(result.err, HasSubstr("filetype: can't read /files/absent: No such file"));
}

TEST_P(FiletypeTest, SaysHowToGiveItAModelThatTheHostLacks) {
  const ProcessResult result =
      RunGuest(GetParam(), {"--dir", kMagika.string() + "::/magika"},
               {"magika", "/magika/models/standard_v3_3/config.min.json",
                "/magika/config/content_types_kb.min.json", "/magika/absent"});
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, HasSubstr("filetype: the host has no model named \"magika\". Give it "
                                    "one: namesake run --nn-preload magika:onnx:FILE …\n"));
}

TEST_P(FiletypeTest, RefusesAConfigThatIsNone) {
  const TempDir folder;
  folder.Write("config.json", R"({"beg_size": "many"})");
  const ProcessResult result =
      RunGuest(GetParam(), {"--dir", folder.path().string() + "::/files"},
               {"magika", "/files/config.json", "/files/config.json", "/files/config.json"});
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err,
              HasSubstr("the network's config: its member \"beg_size\" is missing or wrong"));
}

}  // namespace
}  // namespace namesake::test
