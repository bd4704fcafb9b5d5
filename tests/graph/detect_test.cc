#include "graph/detect.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <random>
#include <string>
#include <string_view>

#include "graph/proto_fields.h"
#include "support/matchers.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using test::Fails;
using test::FailsInDetail;
using test::IsOk;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::string_literals;

std::span<const std::byte> AsBytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::vector<Encoding> Look(const std::string& content) {
  // In a block of its exact size, so that sanitizers find a read beyond the end.
  const std::vector<char> exact(content.begin(), content.end());
  return graph::LooksLike(std::as_bytes(std::span(exact)));
}

std::string Varint(std::uint64_t value) {
  std::string text;
  for (; value > 0x7F; value >>= 7) text += static_cast<char>((value & 0x7F) | 0x80);
  return text + static_cast<char>(value);
}
std::string Number(unsigned field, std::uint64_t value) {
  return Varint(field << 3) + Varint(value);
}
std::string Field(unsigned field, const std::string& payload) {
  return Varint(field << 3 | 2) + Varint(payload.size()) + payload;
}

const std::string kOnnxNode = Field(1, "x") + Field(2, "y") + Field(4, "Identity");
const std::string kOnnxGraph = Field(1, kOnnxNode) + Field(2, "g") + Field(12, Field(1, "y"));
const std::string kOpset = Field(8, Number(2, 13));
const std::string kOnnx = Number(1, 8) + Field(2, "test") + Field(7, kOnnxGraph) + kOpset;
const std::string kNode = Field(1, "x") + Field(2, "Placeholder") + Field(5, "");
const std::string kGraphDef = Field(1, kNode) + Field(1, kNode) + Field(4, Number(1, 27));
const std::string kIr = "<?xml version=\"1.0\"?>\n<net name=\"n\" version=\"11\"></net>";
const std::string kTflite = "\x08\0\0\0TFL3\x04\0\0\0"s;
const std::string kGguf = "GGUF\x03\0\0\0"s;

std::string Little(std::uint64_t value, int bytes) {
  std::string text;
  for (; bytes > 0; --bytes, value >>= 8) text += static_cast<char>(value & 0xFF);
  return text;
}

// Appends to `before` the central directory of an archive with these entries.
std::string WithDirectory(std::string before, const std::vector<std::string>& names) {
  std::string directory;
  for (const std::string& name : names) {
    directory += "PK\x01\x02" + std::string(24, '\0') + Little(name.size(), 2) + Little(2, 2) +
                 Little(3, 2) + std::string(12, '\0') + name + "exCOM";
  }
  const std::size_t offset = before.size();
  return std::move(before) + directory + "PK\x05\x06" + std::string(4, '\0') +
         Little(names.size(), 2) + Little(names.size(), 2) + Little(directory.size(), 4) +
         Little(offset, 4) + Little(7, 2) + "comment";
}
const std::string kLocalHeader = "PK\x03\x04" + std::string(26, '\0');
const std::string kTorchScript =
    WithDirectory(kLocalHeader, {"net/data.pkl", "net/code/x.py", "net/constants.pkl"});

TEST(LooksLike, TellsEveryEncoding) {
  EXPECT_THAT(Look(kIr), ElementsAre(Encoding::kOpenVino));
  EXPECT_THAT(Look(kOnnx), ElementsAre(Encoding::kOnnx));
  EXPECT_THAT(Look(kGraphDef), ElementsAre(Encoding::kTensorFlow));
  EXPECT_THAT(Look(kTorchScript), ElementsAre(Encoding::kPyTorch));
  EXPECT_THAT(Look(kTflite), ElementsAre(Encoding::kTensorFlowLite));
  EXPECT_THAT(Look(kGguf), ElementsAre(Encoding::kGgml));
}

TEST(LooksLike, TheOrderOfFieldsDoesNotMatter) {
  EXPECT_THAT(Look(kOpset + Field(7, kOnnxGraph) + Field(2, "test") + Number(1, 8)),
              ElementsAre(Encoding::kOnnx));
  EXPECT_THAT(Look(Field(7, Field(12, "") + Field(1, Field(4, "Relu") + Field(1, ""))) +
                   Number(5, 1) + Number(1, 3)),
              ElementsAre(Encoding::kOnnx));
  EXPECT_THAT(Look(Field(4, Number(1, 27)) + Number(3, 21) + Field(2, "") +
                   Field(1, Field(5, "") + Field(2, "Relu") + Field(1, "r")) + Field(5, "")),
              ElementsAre(Encoding::kTensorFlow));
}

TEST(LooksLike, FieldsOfALaterVersionAreLetPass) {
  EXPECT_THAT(Look(kOnnx + Field(27, "new") + Number(1000, 1) + "\xe5\x01" + "four"),
              ElementsAre(Encoding::kOnnx));
  EXPECT_THAT(Look(kGraphDef + Field(6, "new") + "\x39" + "eight008"),
              ElementsAre(Encoding::kTensorFlow));
}

TEST(LooksLike, OverlongNumbersAreNumbers) {
  EXPECT_THAT(Look("\x88\x80\x00\x88\x80\x80\x00"s + Field(7, kOnnxGraph)),
              ElementsAre(Encoding::kOnnx));
  // A varint has at most ten bytes; eleven are invalid.
  EXPECT_THAT(Look("\x08\x88\x80\x80\x80\x80\x80\x80\x80\x80\x00"s + Field(7, kOnnxGraph)),
              ElementsAre(Encoding::kOnnx));
  EXPECT_THAT(Look("\x08\x88\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"s + Field(7, kOnnxGraph)),
              IsEmpty());
}

TEST(LooksLike, AnOnnxModelHasAVersionAndAGraphOfNodes) {
  EXPECT_THAT(Look(Field(7, kOnnxGraph) + kOpset), IsEmpty());
  EXPECT_THAT(Look(Number(1, 8) + kOpset), IsEmpty());
  EXPECT_THAT(Look(Number(1, 0) + Field(7, kOnnxGraph)), IsEmpty());
  EXPECT_THAT(Look(Number(1, 256) + Field(7, kOnnxGraph)), IsEmpty());
  EXPECT_THAT(Look(Number(1, 8) + Field(7, "")), IsEmpty());
  EXPECT_THAT(Look(Number(1, 8) + Field(7, Field(2, "g"))), IsEmpty());
  EXPECT_THAT(Look(Number(1, 8) + Field(7, Field(1, Field(1, "x")))), IsEmpty());
  EXPECT_THAT(Look(Number(1, 8) + Field(7, Field(1, Field(4, "a b")))), IsEmpty());
  EXPECT_THAT(Look(Number(1, 8) + Field(7, Field(1, Field(4, "")))), IsEmpty());
  EXPECT_THAT(Look(Number(1, 8) + Field(7, kOnnxGraph + Number(5, 1))), IsEmpty());
  EXPECT_THAT(Look(kOnnx + Number(8, 13)), IsEmpty());
  EXPECT_THAT(Look(kOnnx + Field(5, "1")), IsEmpty());
}

TEST(LooksLike, AGraphDefHasNodesWithNamesAndOperators) {
  EXPECT_THAT(Look(Field(4, Number(1, 27))), IsEmpty());
  EXPECT_THAT(Look(Field(1, "")), IsEmpty());
  EXPECT_THAT(Look(Field(1, Field(1, "x"))), IsEmpty());
  EXPECT_THAT(Look(Field(1, Field(2, "Relu"))), IsEmpty());
  EXPECT_THAT(Look(Field(1, Field(1, "x\n") + Field(2, "Relu"))), IsEmpty());
  EXPECT_THAT(Look(kGraphDef + Field(1, "not a node")), IsEmpty());
  EXPECT_THAT(Look(kGraphDef + Field(3, "27")), IsEmpty());
}

// It starts with the same fields as an ONNX model; OpenVINO reads the directory around it.
TEST(LooksLike, ASavedModelsGraphAloneIsNone) {
  EXPECT_THAT(Look(Number(1, 1) + Field(2, Field(2, kGraphDef))), IsEmpty());
}

TEST(LooksLike, AnXmlDocumentIsToldByItsRoot) {
  for (const std::string& ir :
       {"<net>"s, "\xef\xbb\xbf<net/>"s, " \r\n\t<net\nname=\"\">"s, "<!-- <a> --><net >"s,
        "<?xml version='1.0'?><!---->\n<!-- x -->\n<?pi?><net version=\"11\">"s,
        "<!--" + std::string(60000, '-') + "--><net>"}) {
    EXPECT_THAT(Look(ir), ElementsAre(Encoding::kOpenVino)) << ir.substr(0, 40);
  }
  for (const std::string& other : {"<network>"s,
                                   "<net"s,
                                   "<Net>"s,
                                   "<a><net></net></a>"s,
                                   "text <net>"s,
                                   "<!-- <net> -->"s,
                                   "<!-- <net>"s,
                                   "<?xml <net>"s,
                                   "< net>"s,
                                   "<"s,
                                   "<!"s,
                                   "<!--"s,
                                   "<?"s,
                                   "\xef\xbb\xbf"s,
                                   "<!DOCTYPE net><net>"s,
                                   "<>"s,
                                   "</net>"s,
                                   "&lt;net>"s,
                                   "\xff\xfe<\0n\0e\0t\0>\0"s,
                                   "<!--" + std::string(70000, '-') + "--><net>"}) {
    EXPECT_THAT(Look(other), IsEmpty()) << other.substr(0, 40);
  }
}

TEST(LooksLike, AFlatbuffersRootLiesWithinIt) {
  EXPECT_THAT(Look("\x09\0\0\0TFL3\x04\0\0\0"s), IsEmpty());
  EXPECT_THAT(Look("\x07\0\0\0TFL3\x04\0\0\0"s), IsEmpty());
  EXPECT_THAT(Look("\xff\xff\xff\xffTFL3\x04\0\0\0"s), IsEmpty());
  EXPECT_THAT(Look("\x08\0\0\0TFL3"s), IsEmpty());
  EXPECT_THAT(Look("\x08\0\0\0TFL2\x04\0\0\0"s), IsEmpty());
  EXPECT_THAT(Look("textTFL3 and more of it"), IsEmpty());
}

TEST(LooksLike, GgufHasAVersionInEitherByteOrder) {
  EXPECT_THAT(Look("GGUF\0\0\0\x03"s), ElementsAre(Encoding::kGgml));
  EXPECT_THAT(Look("GGUF\0\0\0\0"s), IsEmpty());
  EXPECT_THAT(Look("GGUF\x03\0\0"s), IsEmpty());
  EXPECT_THAT(Look("GGUF, the format"), IsEmpty());
}

TEST(LooksLike, AnArchiveIsTorchScriptByItsConstants) {
  const auto look = [](const std::vector<std::string>& names) {
    return Look(WithDirectory(kLocalHeader, names));
  };
  EXPECT_THAT(look({"archive/data.pkl", "archive/data/0", "archive/version"}), IsEmpty());
  EXPECT_THAT(look({"constants.pkl"}), IsEmpty());
  EXPECT_THAT(look({"a/b/constants.pkl"}), IsEmpty());
  EXPECT_THAT(look({"word/document.xml"}), IsEmpty());
  EXPECT_THAT(look({}), IsEmpty());
  EXPECT_THAT(Look(WithDirectory("not a local header", {"a/constants.pkl"})), IsEmpty());
}

TEST(LooksLike, ADamagedArchiveIsNone) {
  for (std::size_t size = 0; size + 10 < kTorchScript.size(); ++size) {
    EXPECT_THAT(Look(kTorchScript.substr(0, size)), IsEmpty()) << size;
  }
  const auto with = [](std::size_t from_end, const std::string& bytes) {
    std::string archive = kTorchScript;
    return Look(archive.replace(archive.size() - from_end, bytes.size(), bytes));
  };
  constexpr std::size_t kOffset = 7 + 2 + 4;
  EXPECT_THAT(with(kOffset, Little(30, 4)), ElementsAre(Encoding::kPyTorch));
  EXPECT_THAT(with(kOffset, Little(31, 4)), IsEmpty());
  EXPECT_THAT(with(kOffset, "\xff\xff\xff\xff"), IsEmpty());
  EXPECT_THAT(with(kOffset + 4, "\xff\xff\xff\xff"), IsEmpty());
  EXPECT_THAT(with(kOffset + 4, Little(100, 4)), IsEmpty());
}

TEST(LooksLike, WhatIsNoModelIsNone) {
  for (const std::string& other :
       {""s,
        "\0"s,
        "\x08"s,
        "\x0a"s,
        "<"s,
        "G"s,
        "P"s,
        "not a model"s,
        "io f32 1"s,
        "\x80\x04\x95\x10\0\0\0\0\0\0\0}\x94\x8c\x01w\x94"s,    // a pickle
        "\x1a\0\0\0\0\0\0\0{\"w\":{\"dtype\":\"F32\"}}     "s,  // safetensors
        "\x08\0\0\0\0\0\0\0{      }"s,
        "\x0a\x01\0\0\0\0\0\0{      }"s,  // and more
        "\x89HDF\r\n\x1a\n\0\0\0\0"s,
        "\x89PNG\r\n\x1a\n"s,
        "{\"a\": 1}"s,
        "\x7f"
        "ELF\x02\x01\x01"s,
        "\0asm\x01\0\0\0"s,
        "\x1f\x8b\x08\0\0\0\0\0"s,
        std::string(4096, '\0'),
        std::string(4096, '\xff'),
        std::string(4096, '\n')}) {
    EXPECT_THAT(Look(other), IsEmpty()) << testing::PrintToString(other.substr(0, 20));
  }
}

TEST(LooksLike, RandomBytesAreNone) {
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    std::string content(random() % 64, '\0');
    for (char& byte : content) byte = static_cast<char>(random() & 0xFF);
    EXPECT_THAT(Look(content), IsEmpty()) << testing::PrintToString(content);
  }
}

// Content cut off within a number, a length, or the bytes that a length announces.
TEST(LooksLike, AMessageThatIsCutOffIsNone) {
  const std::string model = Number(1, 8) + Field(7, kOnnxGraph);
  for (std::size_t size = 0; size < model.size(); ++size) {
    EXPECT_THAT(Look(model.substr(0, size)), IsEmpty()) << size;
  }
  const std::string graph = Field(1, kNode);
  for (std::size_t size = 0; size < graph.size(); ++size) {
    EXPECT_THAT(Look(graph.substr(0, size)), IsEmpty()) << size;
  }
}

TEST(LooksLike, LengthsBeyondTheEndAreNone) {
  for (const std::string& length :
       {"\x7f"s, "\xff\xff\xff\xff\x0f"s, "\xff\xff\xff\xff\xff\xff\xff\xff\x7f"s,
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"s}) {
    EXPECT_THAT(Look(kOnnx + "\x72" + length + "x"), IsEmpty());
    EXPECT_THAT(Look(kGraphDef + "\x12" + length + "x"), IsEmpty());
    EXPECT_THAT(Look(Number(1, 8) + "\x3a" + length + kOnnxGraph), IsEmpty());
    EXPECT_THAT(Look("\x0a" + length + kNode), IsEmpty());
  }
}

TEST(LooksLike, NestingIsNotFollowed) {
  std::string deep = Field(4, "Loop");
  for (int i = 0; i < 2000; ++i) deep = Field(5, Field(6, Field(1, deep)));
  EXPECT_THAT(Look(Number(1, 8) + Field(7, Field(1, Field(4, "Loop") + deep))),
              ElementsAre(Encoding::kOnnx));
  std::string groups(100000, '\x0b');
  EXPECT_THAT(Look(groups), IsEmpty());
  EXPECT_THAT(Look(kOnnx + groups), IsEmpty());
}

// The first fields decide, so a message with many millions of them is not read to its end.
TEST(LooksLike, ManyFieldsAreNotAllLookedAt) {
  std::string nodes;
  for (int i = 0; i < 5000; ++i) nodes += Field(1, kNode);
  EXPECT_THAT(Look(nodes), ElementsAre(Encoding::kTensorFlow));
  EXPECT_THAT(Look(nodes + "\xff"), ElementsAre(Encoding::kTensorFlow));
  std::string onnx_nodes;
  for (int i = 0; i < 5000; ++i) onnx_nodes += Field(1, kOnnxNode);
  EXPECT_THAT(Look(Number(1, 8) + Field(7, onnx_nodes) + kOpset), ElementsAre(Encoding::kOnnx));
  // A graph that comes after them is not found.
  std::string opsets;
  for (int i = 0; i < 5000; ++i) opsets += kOpset;
  EXPECT_THAT(Look(Number(1, 8) + opsets + Field(7, kOnnxGraph)), IsEmpty());
}

TEST(LikenessTo, WhatOnlyBeginsAsAnEncodingIsUnsure) {
  const auto likeness = [](Encoding encoding, const std::string& content) {
    return graph::LikenessTo(encoding, AsBytes(content));
  };
  EXPECT_EQ(likeness(Encoding::kOnnx, kOnnx), graph::Likeness::kLooks);
  EXPECT_EQ(likeness(Encoding::kOnnx, kOnnx.substr(0, kOnnx.size() / 2)), graph::Likeness::kUnsure);
  EXPECT_EQ(likeness(Encoding::kOnnx, Field(2, "producer")), graph::Likeness::kUnsure);
  EXPECT_EQ(likeness(Encoding::kOnnx, kGraphDef), graph::Likeness::kNone);
  EXPECT_EQ(likeness(Encoding::kOnnx, "<net>"), graph::Likeness::kNone);
  EXPECT_EQ(likeness(Encoding::kOnnx, ""), graph::Likeness::kNone);
  EXPECT_EQ(likeness(Encoding::kTensorFlow, "\x0a\x7f nonsense"), graph::Likeness::kUnsure);
  EXPECT_EQ(likeness(Encoding::kTensorFlow, kOnnx), graph::Likeness::kNone);
  EXPECT_EQ(likeness(Encoding::kOpenVino, "<!DOCTYPE net><net>"), graph::Likeness::kUnsure);
  EXPECT_EQ(likeness(Encoding::kOpenVino, "<a>"), graph::Likeness::kNone);
  EXPECT_EQ(likeness(Encoding::kTensorFlowLite, "textTFL3"), graph::Likeness::kUnsure);
  EXPECT_EQ(likeness(Encoding::kGgml, "GGUF"), graph::Likeness::kUnsure);
  EXPECT_EQ(likeness(Encoding::kPyTorch, kLocalHeader), graph::Likeness::kUnsure);
  EXPECT_EQ(likeness(Encoding::kAutodetect, kOnnx), graph::Likeness::kNone);
}

Model BytesModel(const std::vector<std::string>& parts) {
  ModelBytes bytes;
  for (const std::string& part : parts) {
    const auto content = AsBytes(part);
    bytes.parts.push_back(
        std::make_shared<const std::vector<std::byte>>(content.begin(), content.end()));
  }
  return {.source = std::move(bytes), .options = {}};
}
Model FileModel(std::vector<fs::path> paths) {
  return {.source = ModelFiles{std::move(paths)}, .options = {}};
}

TEST(DetectEncoding, LooksAtTheFirstPart) {
  EXPECT_EQ(graph::DetectEncoding(BytesModel({kOnnx})), Encoding::kOnnx);
  EXPECT_EQ(graph::DetectEncoding(BytesModel({kIr})), Encoding::kOpenVino);
  EXPECT_EQ(graph::DetectEncoding(BytesModel({kIr, kOnnx})), Encoding::kOpenVino);
  EXPECT_EQ(graph::DetectEncoding(BytesModel({kIr, ""})), Encoding::kOpenVino);
}

TEST(DetectEncoding, TwoPartsAreAnOpenVinoIr) {
  for (const std::string& other : {kOnnx, "\x01\x02"s}) {
    EXPECT_THAT(graph::DetectEncoding(BytesModel({other, kIr})),
                Fails(ErrorCode::kInvalidEncoding,
                      "a model of " + std::to_string(other.size() + kIr.size()) +
                          " bytes in memory is not an OpenVINO IR, the only encoding with two "
                          "parts (xml, bin); give one part or set the encoding"));
  }
  EXPECT_THAT(graph::DetectEncoding(BytesModel({kIr, "", ""})),
              Fails(ErrorCode::kInvalidArgument, "a model takes 1 or 2 (xml, bin) parts, not 3"));
  EXPECT_THAT(graph::DetectEncoding(BytesModel({})),
              Fails(ErrorCode::kInvalidArgument, "a model takes 1 or 2 (xml, bin) parts, not 0"));
  EXPECT_THAT(graph::DetectEncoding(FileModel({})),
              Fails(ErrorCode::kInvalidArgument, "a model takes 1 or 2 (xml, bin) files, not 0"));
  EXPECT_THAT(graph::DetectEncoding(BytesModel({""})),
              Fails(ErrorCode::kInvalidArgument, "the model's bytes are empty"));
}

TEST(DetectEncoding, AsksForTheEncodingOfWhatItDoesNotRecognize) {
  EXPECT_THAT(graph::DetectEncoding(BytesModel({"\x01\x02\x03\x04"})),
              Fails(ErrorCode::kInvalidEncoding,
                    "a model of 4 bytes in memory has no recognized model format; if the file is "
                    "intact, set its encoding"));
}

class DetectFiles : public testing::Test {
 protected:
  fs::path At(const std::string& name) const { return dir_.path() / name; }
  std::string Text(const std::string& name) const { return At(name).string(); }

  test::TempDir dir_;
};

TEST_F(DetectFiles, AFilesNameSaysNothing) {
  EXPECT_EQ(graph::DetectEncoding(FileModel({dir_.Write("m.xml", kOnnx)})), Encoding::kOnnx);
  EXPECT_EQ(graph::DetectEncoding(FileModel({dir_.Write("m.onnx", kIr)})), Encoding::kOpenVino);
  EXPECT_EQ(graph::DetectEncoding(FileModel({dir_.Write("m", kGraphDef)})), Encoding::kTensorFlow);
  EXPECT_EQ(graph::DetectEncoding(FileModel({dir_.Write("m.xml", kIr), At("absent")})),
            Encoding::kOpenVino);
  const auto file = dir_.Write("m.onnx", "text");
  EXPECT_THAT(graph::DetectEncoding(FileModel({file})),
              FailsInDetail(ErrorCode::kInvalidEncoding,
                            testing::StartsWith(file.string() + " is plain text, not a model; ")));
}

TEST_F(DetectFiles, ADirectoryIsASavedModelByWhatItHolds) {
  dir_.Write("pb/saved_model.pb", "");
  dir_.Write("text/saved_model.pbtxt", "");
  dir_.Write("other/model.onnx", kOnnx);
  EXPECT_EQ(graph::DetectEncoding(FileModel({At("pb")})), Encoding::kTensorFlow);
  EXPECT_EQ(graph::DetectEncoding(FileModel({At("text")})), Encoding::kTensorFlow);
  EXPECT_THAT(
      graph::DetectEncoding(FileModel({At("other")})),
      FailsInDetail(ErrorCode::kRuntimeError,
                    Text("other") +
                        " is a directory, but not a TensorFlow SavedModel: it has no "
                        "saved_model.pb; give a model file, or the directory that contains it"));
  EXPECT_THAT(graph::DetectEncoding(FileModel({At("pb"), At("pb")})),
              Fails(ErrorCode::kInvalidArgument, "the encoding tensorflow takes 1 file, not 2"));
}

TEST_F(DetectFiles, WhatCantBeReadIsNamed) {
  EXPECT_THAT(graph::DetectEncoding(FileModel({At("m")})),
              FailsInDetail(ErrorCode::kRuntimeError, Text("m") + " does not exist"));
  dir_.Write("empty", "");
  EXPECT_THAT(
      graph::DetectEncoding(FileModel({At("empty")})),
      FailsInDetail(ErrorCode::kRuntimeError, Text("empty") + " is empty; copy the model again"));
  ASSERT_EQ(::mkfifo(At("pipe").c_str(), 0600), 0);
  EXPECT_THAT(
      graph::DetectEncoding(FileModel({At("pipe")})),
      FailsInDetail(ErrorCode::kRuntimeError,
                    Text("pipe") + " is not a regular file; copy the model to a regular file"));
  fs::create_symlink("loop", At("loop"));
  EXPECT_THAT(graph::DetectEncoding(FileModel({At("loop")})),
              FailsInDetail(ErrorCode::kRuntimeError,
                            "can't read " + Text("loop") + ": Too many levels of symbolic links"));
}

// A flatbuffer reads an archive's first four bytes as a root at 64 MiB; the file is sparse up to
// there.
TEST_F(DetectFiles, ContentOfTwoEncodingsIsAmbiguous) {
  constexpr std::size_t kRoot = 0x04034b50;
  const auto file = dir_.Write("both", "PK\x03\x04TFL3");
  fs::resize_file(file, kRoot + 4);
  const std::string directory = WithDirectory("", {"a/constants.pkl"});
  std::ofstream(file, std::ios::binary | std::ios::app)
      << directory.substr(0, directory.size() - 13) << Little(kRoot + 4, 4) << Little(0, 2);
  EXPECT_THAT(
      graph::DetectEncoding(FileModel({file})),
      FailsInDetail(
          ErrorCode::kInvalidEncoding,
          file.string() +
              " is ambiguous: its content could be pytorch or tensorflowlite; set the encoding"));
}

TEST(ResolveEncoding, ChangesNothingButAnEncodingToDetect) {
  Model model = BytesModel({kOnnx});
  model.target = Target::kAuto;
  model.options = {{"a", "b"}};
  const auto resolved = graph::ResolveEncoding(model);
  ASSERT_THAT(resolved, IsOk());
  EXPECT_EQ(resolved->encoding, Encoding::kOnnx);
  EXPECT_EQ(resolved->target, Target::kAuto);
  EXPECT_EQ(resolved->options, model.options);
  EXPECT_EQ(std::get<ModelBytes>(resolved->source).parts, std::get<ModelBytes>(model.source).parts);
  model.encoding = Encoding::kGgml;
  EXPECT_EQ(graph::ResolveEncoding(model)->encoding, Encoding::kGgml);
  EXPECT_THAT(graph::ResolveEncoding(BytesModel({"text"})),
              FailsInDetail(ErrorCode::kInvalidEncoding, testing::_));
}

TEST(ProtoReader, ReadsEveryTypeAndStopsAtTheEnd) {
  const std::string message =
      "\x08\x96\x01"s + "\x11" + "12345678" + "\x1a\x03" + "abc" + "\x25" + "1234";
  graph::ProtoReader reader(AsBytes(message));
  auto field = reader.Next();
  ASSERT_TRUE(field);
  EXPECT_EQ(field->tag, (graph::ProtoTag{.number = 1, .type = graph::WireType::kVarint}));
  EXPECT_EQ(field->varint, 150U);
  field = reader.Next();
  ASSERT_TRUE(field);
  EXPECT_EQ(field->tag, (graph::ProtoTag{.number = 2, .type = graph::WireType::kFixed64}));
  field = reader.Next();
  ASSERT_TRUE(field);
  EXPECT_EQ(field->tag, (graph::ProtoTag{.number = 3, .type = graph::WireType::kBytes}));
  EXPECT_EQ(field->bytes.size(), 3U);
  field = reader.Next();
  ASSERT_TRUE(field);
  EXPECT_EQ(field->tag, (graph::ProtoTag{.number = 4, .type = graph::WireType::kFixed32}));
  EXPECT_FALSE(reader.Next());
  EXPECT_FALSE(reader.malformed());
}

TEST(ProtoReader, StaysMalformed) {
  for (const std::string& bad :
       {"\x00"s, "\x0b"s, "\x0c"s, "\x0e"s, "\x0f"s, "\x08"s, "\x08\x80"s, "\x0a\x02x"s,
        "\x09"s + "1234567", "\x0d"s + "123", "\x80\x80\x80\x80\x10\x01"s,
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s}) {
    graph::ProtoReader reader(AsBytes(bad));
    EXPECT_FALSE(reader.Next());
    EXPECT_TRUE(reader.malformed()) << testing::PrintToString(bad);
    EXPECT_FALSE(reader.Next());
  }
}

}  // namespace
}  // namespace namesake
