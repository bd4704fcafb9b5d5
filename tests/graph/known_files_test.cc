#include "graph/known_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "graph/detect.h"
#include "namesake/model_layout.h"
#include "support/matchers.h"
#include "support/onnx_bytes.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using test::Fails;
using test::FailsInDetail;
using test::Field;
using testing::EndsWith;
using testing::StartsWith;
using namespace std::string_literals;

std::string_view Known(const std::string& content) {
  // In a block of its exact size, so that sanitizers find a read beyond the end.
  const std::vector<char> exact(content.begin(), content.end());
  return graph::KnownFileText(std::as_bytes(std::span(exact)));
}

std::string Little(std::uint64_t value, int bytes) {
  std::string text;
  for (; bytes > 0; --bytes, value >>= 8) text += static_cast<char>(value & 0xFF);
  return text;
}

std::string Zip(const std::vector<std::string>& names) {
  const std::string local = "PK\x03\x04" + std::string(26, '\0');
  std::string directory;
  for (const std::string& name : names) {
    directory += "PK\x01\x02" + std::string(24, '\0') + Little(name.size(), 2) +
                 std::string(16, '\0') + name;
  }
  return local + directory + "PK\x05\x06" + std::string(8, '\0') + Little(directory.size(), 4) +
         Little(local.size(), 4) + Little(0, 2);
}

const std::string kPointer =
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";
const std::string kPage = "\n<!DOCTYPE HTML>\n<html><head><title>Sign in</title></head></html>";
const std::string kNode = Field(1, "x") + Field(2, "Placeholder");
const std::string kSavedModelGraph =
    "\x08\x01" + Field(2, Field(1, "") + Field(2, Field(1, kNode)));

struct Sample {
  std::string content;
  std::string text;
};

// A sample of each kind of file, with its full description.
std::vector<Sample> Samples() {
  return {
      {kPointer, "a Git LFS pointer, not the model; fetch the model with git lfs pull"},
      {kPage, "an HTML page, as a failed download leaves it; download the model again"},
      {R"({"error":"Repository not found"})", "JSON, not a model; give the model file"},
      {R"(<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>)",
       "XML, but not an OpenVINO IR; give the model file"},
      {"Entry not found\n", "plain text, not a model; give the model file, or download it again"},
      {"node {\n  name: \"x\"\n}", "a TensorFlow graph in text form; save it in binary form"},
      {"ir_version: 8\n", "an ONNX model in text form; save it in binary form"},
      {"\x80\x04\x95\x10\0\0\0\0\0\0\0}\x94\x8c\x01w\x94"s,
       "a Python pickle, which only Python can read; export the model to ONNX"},
      {"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."s,
       "a PyTorch checkpoint, which has weights but no graph; export the model to ONNX with "
       "torch.onnx.export"},
      {Zip({"net/data.pkl", "net/data/0", "net/version"}),
       "a PyTorch checkpoint, which has weights but no graph; export the model to ONNX with "
       "torch.onnx.export"},
      {Zip({"archive/archive_format", "archive/models/model.json"}),
       "a torch.export program; export the model to ONNX with torch.onnx.export"},
      {Zip({"metadata.json", "config.json", "model.weights.h5"}),
       "a Keras model; load it in Keras and save a SavedModel with model.export(DIRECTORY)"},
      {Zip({"a.npy", "b.npy"}), "a NumPy array, not a model; give the model file"},
      {Zip({"model.onnx", "a.npy"}), "a zip archive; unpack it and give the model in it"},
      {"PK\x03\x04 cut off", "a zip archive that is cut off or damaged; download it again"},
      {"\x89HDF\r\n\x1a\n\0\0\0\0"s,
       "an HDF5 file, as Keras writes; load it in Keras and save a SavedModel with "
       "model.export(DIRECTORY)"},
      {"\x1a\0\0\0\0\0\0\0{\"w\":{\"dtype\":\"F32\"}}     "s,
       "a safetensors file, which has weights but no graph; export the model to ONNX or OpenVINO "
       "IR"},
      {"\x93NUMPY\x01\0"s, "a NumPy array, not a model; give the model file"},
      {"lmgg\0\0"s, "a GGML file from before GGUF; get the model as ONNX or OpenVINO IR"},
      {"\x1f\x8b\x08\0\0"s, "a gzip archive; unpack it and give the model in it"},
      {"BZh91AY&SY"s, "a bzip2 archive; unpack it and give the model in it"},
      {"\xfd\x37zXZ\0\0"s, "an xz archive; unpack it and give the model in it"},
      {"\x28\xb5\x2f\xfd\0"s, "a zstd archive; unpack it and give the model in it"},
      {"7z\xbc\xaf\x27\x1c\0"s, "a 7z archive; unpack it and give the model in it"},
      {"model.onnx" + std::string(247, '\0') + "ustar  ",
       "a tar archive; unpack it and give the model in it"},
      {"\0asm\x01\0\0\0"s, "a WebAssembly file, not a model; give the model file"},
      {"\x7f\x45LF\x02"s, "a program or a library, not a model; give the model file"},
      {"\x18\0\0\0ORTM"s,
       "a model in ONNX Runtime's own format; give the ONNX model that it was made from"},
      {"\x18\0\0\0ET12"s, "an ExecuTorch program; export the model to ONNX with torch.onnx.export"},
      {kSavedModelGraph,
       "the graph of a TensorFlow SavedModel; give the directory that contains it"},
      {"\x08\x04" + Field(2, "") + Field(500, "\x0a\0"s),
       "a Core ML model; export the original model to ONNX or OpenVINO IR"},
      {std::string(500, '\0'),
       "a file that starts with zeros, as an interrupted download leaves it; download the model "
       "again"},
  };
}

TEST(KnownFileText, SaysWhatAFileIsAndWhatToDo) {
  for (const auto& [content, text] : Samples()) EXPECT_EQ(Known(content), text);
}

TEST(KnownFileText, SaysNothingOfWhatItDoesNotKnow) {
  for (const std::string& other :
       {""s, "\0"s, "\x80"s, "\x80\x04"s, "\x08\x01\x12"s, "\xff\xfe\x01"s, "\x08\x08\x3a\x00"s,
        "GGUF\x03\0\0\0"s, "\x08\0\0\0TFL3\x04\0\0\0"s, "<net name=\"n\" version=\"11\"></net>"s,
        "<!DOCTYPE net><net></net>"s, std::string(63, '\0')}) {
    EXPECT_EQ(Known(other), "") << testing::PrintToString(other);
  }
}

TEST(KnownFileText, TextIsToldByItsBeginning) {
  std::string text(4095, 'x');
  text += "\xc3\xa9 and on";  // A character that straddles the end of the inspected range.
  EXPECT_THAT(Known(text), StartsWith("plain text"));
  EXPECT_EQ(Known(std::string(4000, 'x') + "\xff" + std::string(100, 'x')), "");
  EXPECT_THAT(Known(std::string(4096, 'x') + '\0'), StartsWith("plain text"));
  EXPECT_EQ(Known(std::string(4095, 'x') + '\0'), "");
}

TEST(KnownFileText, MayBeCutOffAnywhere) {
  for (const auto& [content, text] : Samples()) {
    for (std::size_t size = 0; size < content.size(); ++size) Known(content.substr(0, size));
  }
}

TEST(KnownFileText, AModelIsNoneOfThem) {
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    std::string content(random() % 64, '\0');
    for (char& byte : content) byte = static_cast<char>(random() & 0xFF);
    const auto text = Known(content);
    // A few random bytes may all be printable.
    EXPECT_TRUE(text.empty() || content.size() < 8) << testing::PrintToString(content) << text;
  }
}

Model BytesOf(Encoding encoding, const std::string& content) {
  const auto bytes = std::as_bytes(std::span(content));
  return {.encoding = encoding,
          .source = ModelBytes{
              {std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end())}}};
}

TEST(KnownFiles, AreNamedWhateverTheyAreGivenAs) {
  const test::TempDir dir;
  for (const auto& [content, text] : Samples()) {
    const auto file = dir.Write("model", content);
    const Model by_path = {.source = ModelFiles{.paths = {file}}};
    const std::string message = file.string() + " is " + text;
    EXPECT_THAT(graph::DetectEncoding(by_path),
                FailsInDetail(ErrorCode::kInvalidEncoding, message));
    EXPECT_THAT(graph::DetectEncoding(BytesOf(Encoding::kAutodetect, content)),
                Fails(ErrorCode::kInvalidEncoding, EndsWith(" bytes in memory is " + text)));
    for (const Encoding encoding : {Encoding::kOpenVino, Encoding::kOnnx, Encoding::kTensorFlow,
                                    Encoding::kTensorFlowLite, Encoding::kPyTorch}) {
      Model declared = by_path;
      declared.encoding = encoding;
      EXPECT_THAT(CheckLayout(declared), FailsInDetail(ErrorCode::kInvalidEncoding, message))
          << EncodingName(encoding);
      EXPECT_THAT(CheckLayout(BytesOf(encoding, content)),
                  Fails(ErrorCode::kInvalidEncoding, EndsWith(" bytes in memory is " + text)))
          << EncodingName(encoding);
    }
  }
}

TEST(KnownFiles, MayStandInPlaceOfWeights) {
  const test::TempDir dir;
  const auto xml =
      dir.Write("net.xml", R"(<net version="11"><layer type="Const"><data element_type="u8" )"
                           R"(shape="1000" offset="0" size="1000"/></layer></net>)");
  const auto onnx = dir.Write(
      "net.onnx",
      "\x08\x08" + Field(7, Field(1, Field(4, "Relu")) +
                                Field(5, test::ExternalTensor("net.bin") +
                                             Field(13, Field(1, "length") + Field(2, "1000")))));
  for (const auto& [content, text] : {Samples()[0], Samples()[1]}) {
    const std::string message = dir.Write("net.bin", content).string() + " is " + text;
    for (const auto& [encoding, path] :
         {std::pair(Encoding::kOpenVino, xml), std::pair(Encoding::kOnnx, onnx)}) {
      EXPECT_THAT(CheckLayout({.encoding = encoding, .source = ModelFiles{.paths = {path}}}),
                  FailsInDetail(ErrorCode::kRuntimeError, message));
    }
  }
  const std::string weights = dir.Write("net.bin", "plain text").string();
  EXPECT_THAT(CheckLayout({.encoding = Encoding::kOnnx, .source = ModelFiles{.paths = {onnx}}}),
              FailsInDetail(ErrorCode::kRuntimeError,
                            onnx.string() + " refers to weights beyond the end of " + weights +
                                ", which has 10 bytes; copy both again"));
}

TEST(KnownFiles, ADirectoryMayBeOne) {
  const test::TempDir dir;
  dir.Write("saved/saved_model.pb", "x");
  dir.Write("net.mlpackage/Manifest.json", "{}");
  dir.Write("net.mlpackage/Data/model.mlmodel", "x");
  const auto layout = [&](Encoding encoding, const char* name) {
    return CheckLayout({.encoding = encoding, .source = ModelFiles{.paths = {dir.path() / name}}});
  };
  const std::string package = (dir.path() / "net.mlpackage").string() +
                              " is a Core ML model; export the original model to ONNX or OpenVINO "
                              "IR";
  EXPECT_THAT(layout(Encoding::kOnnx, "saved"),
              FailsInDetail(ErrorCode::kInvalidEncoding,
                            (dir.path() / "saved").string() +
                                " is a TensorFlow SavedModel; set its encoding to tensorflow"));
  EXPECT_THAT(layout(Encoding::kOnnx, "net.mlpackage"),
              FailsInDetail(ErrorCode::kInvalidEncoding, package));
  EXPECT_THAT(layout(Encoding::kTensorFlow, "net.mlpackage"),
              FailsInDetail(ErrorCode::kInvalidEncoding, package));
  EXPECT_THAT(
      graph::DetectEncoding({.source = ModelFiles{.paths = {dir.path() / "net.mlpackage"}}}),
      FailsInDetail(ErrorCode::kInvalidEncoding, package));
}

}  // namespace
}  // namespace namesake
