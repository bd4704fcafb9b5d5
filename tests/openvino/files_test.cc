// Errors for files and bytes that can't be loaded, and where models' bytes are kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/temporary_dir.h"
#include "openvino/support.h"
#include "support/onnx_bytes.h"

namespace namesake::openvino {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
  Path At(const std::string& name) const { return scratch_.path() / name; }
  std::string Text(const std::string& name) const { return At(name).string(); }

  // `message` is what the operator reads; the guest's message has no path.
  void ExpectError(const Model& model, ErrorCode code, const std::string& message) {
    const Error error = LoadError(model);
    EXPECT_EQ(error.code(), code) << error.detail();
    EXPECT_EQ(error.detail(), message);
    EXPECT_FALSE(error.message().contains(scratch_.path().string())) << error.message();
  }
  void ExpectFileError(Encoding encoding, const std::string& name, const std::string& message) {
    ExpectError(FileModel(encoding, {At(name)}), ErrorCode::kRuntimeError, message);
  }

  ScratchDirectory scratch_;
};

TEST_F(Files, Missing) {
  for (const Encoding encoding : TheBackend().encodings()) {
    ExpectFileError(encoding, "m", Text("m") + " does not exist");
  }
  WriteFile(At("file"), "x");
  ExpectFileError(Encoding::kOnnx, "file/m.onnx", Text("file/m.onnx") + " does not exist");
}

TEST_F(Files, Empty) {
  WriteFile(At("m"), "");
  for (const Encoding encoding : TheBackend().encodings()) {
    ExpectFileError(encoding, "m", Text("m") + " is empty; copy the model again");
  }
}

TEST_F(Files, DirectoryWhereAFileIsMeant) {
  const std::string end = " is a file; give the file's path";
  ExpectFileError(Encoding::kOnnx, "", Text("") + " is a directory, but an ONNX model" + end);
  ExpectFileError(Encoding::kOpenVino, "", Text("") + " is a directory, but an OpenVINO IR" + end);
  ExpectFileError(Encoding::kTensorFlowLite, "",
                  Text("") + " is a directory, but a TensorFlow Lite model" + end);
}

TEST_F(Files, DirectoryThatIsNoSavedModel) {
  ExpectFileError(Encoding::kTensorFlow, "",
                  Text("") +
                      " is not a TensorFlow SavedModel: it has no saved_model.pb; give the "
                      "directory that contains it");
}

TEST_F(Files, NotARegularFile) {
  ASSERT_EQ(::mkfifo(At("pipe").c_str(), 0600), 0);
  ExpectFileError(Encoding::kOnnx, "pipe",
                  Text("pipe") + " is not a regular file; copy the model to a regular file");
}

TEST_F(Files, Unreadable) {
  fs::copy_file(TinyModel("same.onnx"), At("m.onnx"));
  ::chmod(scratch_.path().c_str(), 0755);
  ::chmod(At("m.onnx").c_str(), 0);
  // Root may read everything, so this thread accesses files as nobody.
  constexpr ::uid_t kNobody = 65534;
  const bool root = ::geteuid() == 0;
  if (root) ::setfsuid(kNobody);
  const Error error = LoadError(FileModel(Encoding::kOnnx, {At("m.onnx")}));
  if (root) ::setfsuid(0);
  EXPECT_EQ(error.code(), ErrorCode::kRuntimeError);
  EXPECT_EQ(error.detail(),
            "can't read " + Text("m.onnx") + ": Permission denied; give this user read permission");
}

TEST_F(Files, TruncatedOnnx) {
  const Blob whole = ReadBlob(ExampleModel("efficientnet-lite0.onnx"));
  const std::string_view half(reinterpret_cast<const char*>(whole->data()), whole->size() / 2);
  WriteFile(At("m.onnx"), half);
  ExpectFileError(
      Encoding::kOnnx, "m.onnx",
      Text("m.onnx") + " is not an ONNX model, or is damaged or cut off; copy it again");
  ExpectError(
      BytesModel(Encoding::kOnnx, {MakeBlob(half)}), ErrorCode::kRuntimeError,
      "a model of 4.4 MiB in memory is not an ONNX model, or is damaged or cut off; copy it again");
}

// Model hubs store downloads like this: names that are links to files named by their hash.
TEST_F(Files, WeightsBehindLinksOutOfTheModelsFolder) {
  fs::create_directories(At("blobs/more"));
  fs::create_directories(At("snapshots/a b"));
  fs::copy_file(TinyModel("external.onnx"), At("blobs/c6ed"));
  fs::copy_file(TinyModel("external.weights"), At("blobs/more/b879 é"));
  fs::create_symlink("../../blobs/c6ed", At("snapshots/a b/model.onnx"));
  fs::create_symlink("../../blobs/more/b879 é", At("snapshots/a b/external.weights"));
  const auto graph = MustLoad(FileModel(Encoding::kOnnx, {At("snapshots/a b/model.onnx")}));
  EXPECT_EQ(RunOnce(*graph, {{{3}, {1, 1, 1}}})[0], (std::vector<float>{2, 3, 4}));
  // The folder itself may be a link, and the path relative.
  fs::create_symlink("snapshots/a b", At("current"));
  const Path before = fs::current_path();
  fs::current_path(At("current"));
  const auto relative = MustLoad(FileModel(Encoding::kOnnx, {"model.onnx"}));
  fs::current_path(before);
  EXPECT_EQ(RunOnce(*relative, {{{3}, {1, 1, 1}}})[0], (std::vector<float>{2, 3, 4}));
}

TEST_F(Files, ALinkToNothingIsAMissingFile) {
  fs::copy_file(TinyModel("external.onnx"), At("m.onnx"));
  fs::create_symlink("nowhere", At("external.weights"));
  const Error error = LoadError(FileModel(Encoding::kOnnx, {At("m.onnx")}));
  EXPECT_EQ(error.code(), ErrorCode::kRuntimeError);
  EXPECT_THAT(error.detail(), testing::HasSubstr("external.weights"));
}

TEST_F(Files, IntermediateRepresentationWithoutItsWeights) {
  fs::copy_file(ExampleModel("efficientnet-lite0.xml"), At("m.xml"));
  ExpectFileError(Encoding::kOpenVino, "m.xml",
                  Text("m.xml") + " has weights, but " + Text("m.bin") +
                      " does not exist; put the .bin beside the .xml or give both paths");
  ExpectError(FileModel(Encoding::kOpenVino, {At("m.xml"), At("other.bin")}),
              ErrorCode::kRuntimeError, Text("other.bin") + " does not exist");
  WriteFile(At("m.bin"), "");
  ExpectFileError(Encoding::kOpenVino, "m.xml", Text("m.bin") + " is empty; copy the model again");
  ExpectError(BytesModel(Encoding::kOpenVino, {ReadBlob(At("m.xml"))}), ErrorCode::kInvalidArgument,
              "the OpenVINO IR has weights; give two non-empty parts (xml, bin)");
}

TEST_F(Files, TruncatedWeights) {
  fs::copy_file(ExampleModel("efficientnet-lite0.xml"), At("m.xml"));
  WriteFile(At("m.bin"), std::string(1000, 'x'));
  ExpectFileError(Encoding::kOpenVino, "m.xml",
                  Text("m.xml") + " refers to weights beyond the end of " + Text("m.bin") +
                      ", which has 1000 of " +
                      std::to_string(fs::file_size(ExampleModel("efficientnet-lite0.bin"))) +
                      " bytes; copy both again");
}

TEST_F(Files, IntermediateRepresentationThatNeedsNoWeights) {
  const Path xml = TinyModel("aliased.xml");
  fs::copy_file(xml, At("m.xml"));
  WriteFile(At("m.bin"), "");
  const std::vector<Model> models = {
      FileModel(Encoding::kOpenVino, {xml}), FileModel(Encoding::kOpenVino, {At("m.xml")}),
      BytesModel(Encoding::kOpenVino, {ReadBlob(xml)}),
      BytesModel(Encoding::kOpenVino, {ReadBlob(xml), MakeBlob("")})};
  for (const Model& model : models) {
    EXPECT_EQ(RunOnce(*MustLoad(model), {{{2, 3}, {1, -2, 3, -4, 5, -6}}})[0],
              (std::vector<float>{1, 0, 3, 0, 5, 0}));
  }
}

TEST_F(Files, ContentOfAnotherEncoding) {
  const std::string onnx = TinyModel("same.onnx").string();
  const std::string xml = TinyModel("aliased.xml").string();
  ExpectError(FileModel(Encoding::kOpenVino, {onnx}), ErrorCode::kInvalidEncoding,
              onnx + " is an ONNX model, not an OpenVINO IR; set its encoding to onnx");
  ExpectError(FileModel(Encoding::kOnnx, {xml}), ErrorCode::kInvalidEncoding,
              xml + " is an OpenVINO IR, not an ONNX model; set its encoding to openvino");
  ExpectError(FileModel(Encoding::kTensorFlow, {onnx}), ErrorCode::kInvalidEncoding,
              onnx + " is an ONNX model, not a TensorFlow graph; set its encoding to onnx");
  ExpectError(
      FileModel(Encoding::kTensorFlowLite, {xml}), ErrorCode::kInvalidEncoding,
      xml + " is an OpenVINO IR, not a TensorFlow Lite model; set its encoding to openvino");
  ExpectError(BytesModel(Encoding::kOnnx, {MakeBlob("\x01\x02")}), ErrorCode::kInvalidEncoding,
              "a model of 2 bytes in memory is not an ONNX model");
}

TEST_F(Files, EncodingThatIsNotServed) {
  ExpectError(FileModel(Encoding::kGgml, {At("m.gguf")}), ErrorCode::kInvalidEncoding,
              "the openvino backend does not read the encoding ggml");
}

TEST_F(Files, WrongNumberOfParts) {
  const Blob blob = MakeBlob("x");
  const Path path = At("m");
  ExpectError(FileModel(Encoding::kOnnx, {path, path}), ErrorCode::kInvalidArgument,
              "the encoding onnx takes 1 file, not 2");
  ExpectError(FileModel(Encoding::kOpenVino, {}), ErrorCode::kInvalidArgument,
              "the encoding openvino takes 1 or 2 (xml, bin) files, not 0");
  ExpectError(BytesModel(Encoding::kTensorFlowLite, {}), ErrorCode::kInvalidArgument,
              "the encoding tensorflowlite takes 1 part, not 0");
  ExpectError(BytesModel(Encoding::kOpenVino, {blob, blob, blob}), ErrorCode::kInvalidArgument,
              "the encoding openvino takes 1 or 2 (xml, bin) parts, not 3");
  ExpectError(BytesModel(Encoding::kOnnx, {MakeBlob("")}), ErrorCode::kInvalidArgument,
              "the model's bytes are empty");
}

TEST_F(Files, WeightsInAFileBesideTheOnnxModel) {
  fs::copy_file(TinyModel("external.onnx"), At("m.onnx"));
  ExpectFileError(Encoding::kOnnx, "m.onnx",
                  Text("m.onnx") + " stores weights in " + Text("external.weights") +
                      ", which does not exist; put that file there");
  fs::copy_file(TinyModel("external.weights"), At("external.weights"));
  const auto graph = MustLoad(FileModel(Encoding::kOnnx, {At("m.onnx")}));
  EXPECT_EQ(RunOnce(*graph, {{{3}, {10, 20, 30}}})[0], (std::vector<float>{11, 22, 33}));
  EXPECT_EQ(graph->model_bytes(), fs::file_size(At("m.onnx")) + 12);
}

// OpenVINO would read a file of the host's working directory, or the host's memory.
TEST_F(Files, BytesMayNotNameWeightsOutsideOfThem) {
  for (const char* name : {"external.onnx", "absolute.onnx"}) {
    const Blob blob = ReadBlob(TinyModel(name));
    const std::string size = std::to_string(blob->size());
    ExpectError(BytesModel(Encoding::kOnnx, {blob}), ErrorCode::kInvalidArgument,
                "a model of " + size +
                    " bytes in memory stores weights in other files, which a model given as bytes "
                    "can't; save it with its weights inside, or register it by path");
  }
}

TEST_F(Files, AFileMayNotNameWeightsInMemory) {
  const std::string end =
      " stores weights in \"*/_ORT_MEM_ADDR_/*\", which refers to the host's own memory; save the "
      "model with its weights beside it";
  const Path absolute = TinyModel("absolute.onnx");
  ExpectError(FileModel(Encoding::kOnnx, {absolute}), ErrorCode::kSecurity,
              absolute.string() + end);
  // Not even if such a file exists.
  fs::create_directories(At("*/_ORT_MEM_ADDR_"));
  fs::copy_file(absolute, At("m.onnx"));
  WriteFile(At("*/_ORT_MEM_ADDR_/*"), "twelve bytes");
  ExpectError(FileModel(Encoding::kOnnx, {At("m.onnx")}), ErrorCode::kSecurity,
              Text("m.onnx") + end);
}

TEST_F(Files, ANameWithoutTheUsualEndIsFine) {
  fs::copy_file(PackagedModel("basic_pitch/basic_pitch/saved_models/icassp_2022/nmp.tflite"),
                At("lite"));
  fs::copy_file(TinyModel("frozen.pb"), At("graph"));
  fs::copy_file(TinyModel("same.onnx"), At("net"));
  EXPECT_NO_THROW(MustLoad(FileModel(Encoding::kTensorFlowLite, {At("lite")})));
  EXPECT_NO_THROW(MustLoad(FileModel(Encoding::kTensorFlow, {At("graph")})));
  EXPECT_NO_THROW(MustLoad(FileModel(Encoding::kOnnx, {At("net")})));
}

class Temporary : public Files {
 protected:
  void SetUp() override { ::setenv("TMPDIR", scratch_.path().c_str(), 1); }
  void TearDown() override { ::unsetenv("TMPDIR"); }

  static bool HasNone(const Path& directory) { return fs::is_empty(base::UsersDirIn(directory)); }
};

TEST_F(Temporary, FilesOfALoadAreRemoved) {
  const Blob lite =
      ReadBlob(PackagedModel("basic_pitch/basic_pitch/saved_models/icassp_2022/nmp.tflite"));
  const auto graph = MustLoad(BytesModel(Encoding::kTensorFlowLite, {lite}));
  EXPECT_TRUE(HasNone(scratch_.path()));
  EXPECT_NO_THROW(RunOnce(*graph, {{{1, 43844, 1}, std::vector<float>(43844)}}));
  MustLoad(BytesModel(Encoding::kTensorFlow, {ReadBlob(TinyModel("frozen.pb"))}));
  EXPECT_TRUE(HasNone(scratch_.path()));
}

TEST_F(Temporary, FilesOfAFailedLoadAreRemoved) {
  const std::string node = test::Field(1, test::Field(1, "x") + test::Field(2, "Frobnicate"));
  ExpectError(BytesModel(Encoding::kTensorFlow, {MakeBlob(node)}), ErrorCode::kRuntimeError,
              "OpenVINO can't read a model of 17 bytes in memory: it has operations that OpenVINO "
              "does not convert: Frobnicate; export the model without them");
  EXPECT_TRUE(HasNone(scratch_.path()));
}

TEST_F(Temporary, TheirPathIsNotTold) {
  const Blob lite =
      ReadBlob(PackagedModel("basic_pitch/basic_pitch/saved_models/icassp_2022/nmp.tflite"));
  const std::string_view half(reinterpret_cast<const char*>(lite->data()), lite->size() / 2);
  const Error error = LoadError(BytesModel(Encoding::kTensorFlowLite, {MakeBlob(half)}));
  EXPECT_EQ(error.code(), ErrorCode::kRuntimeError);
  EXPECT_FALSE(error.message().contains(scratch_.path().string())) << error.message();
}

TEST_F(Temporary, NoPlaceForThem) {
  ::setenv("TMPDIR", At("absent").c_str(), 1);
  ExpectError(BytesModel(Encoding::kTensorFlow, {ReadBlob(TinyModel("frozen.pb"))}),
              ErrorCode::kRuntimeError,
              "TMPDIR is " + Text("absent") +
                  ", which is not a directory; set it to the absolute path of a directory, or "
                  "unset it to use /tmp");
}

TEST_F(Temporary, AreWhereTheHostSays) {
  const Model model = BytesModel(Encoding::kTensorFlow, {ReadBlob(TinyModel("frozen.pb"))});
  const auto load = [&](const Path& directory) {
    const auto graph = TheBackend().Load(model, {.temporary_dir = directory}, Deadline::Never());
    return graph ? "" : graph.error().detail();
  };
  EXPECT_EQ(load(At("absent")), "can't create a temporary directory in " + Text("absent") +
                                    ": No such file or directory; set TMPDIR to a writable one");
  EXPECT_EQ(
      load(""),
      "the host has no temporary directory; set TMPDIR to a directory that no guest can write to");
  fs::create_directory(At("there"));
  EXPECT_EQ(load(At("there")), "");
  EXPECT_TRUE(HasNone(At("there")));
}

bool IsMapped(const Path& path) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.ends_with(path.string())) return true;
  }
  return false;
}

TEST_F(Files, WeightsByPathAreMapped) {
  fs::copy_file(ExampleModel("efficientnet-lite0.xml"), At("m.xml"));
  fs::copy_file(ExampleModel("efficientnet-lite0.bin"), At("m.bin"));
  const auto graph = MustLoad(FileModel(Encoding::kOpenVino, {At("m.xml")}));
  EXPECT_TRUE(IsMapped(At("m.bin")));
}

}  // namespace
}  // namespace namesake::openvino
