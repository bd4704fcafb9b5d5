#include "guest_models/model_snapshot.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "guest_models/guest_files_fixture.h"
#include "support/onnx_bytes.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using test::Fails;
using test::IsOk;
using test::OnnxWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using ModelSnapshotTest = GuestFilesTest;

// OpenVINO.

TEST_F(ModelSnapshotTest, TheWeightsBesideAnIrComeWithIt) {
  Put("net.xml", "<net/>");
  Put("net.bin", "weights");
  for (const Encoding encoding : {Encoding::kOpenVino, Encoding::kAutodetect}) {
    const auto files = Snapshot("models/net.xml", encoding);
    ASSERT_THAT(files, IsOk());
    ASSERT_EQ(files->paths.size(), 2U);
    EXPECT_EQ(files->paths[0].filename(), "model.xml");
    EXPECT_EQ(files->paths[1], fs::path(files->paths[0]).replace_extension(".bin"));
    EXPECT_EQ(Read(files->paths[0]), "<net/>");
    EXPECT_EQ(Read(files->paths[1]), "weights");
  }
}

TEST_F(ModelSnapshotTest, AnIrNeedsNoWeights) {
  Put("net.xml", "<net/>");
  const auto files = Snapshot("models/net.xml", Encoding::kOpenVino);
  ASSERT_THAT(files, IsOk());
  EXPECT_EQ(files->paths.size(), 1U);
}

TEST_F(ModelSnapshotTest, AnIrUnderTheNameOfItsWeightsIsNotItsOwnWeights) {
  Put("net.bin", "<net/>");
  const auto files = Snapshot("models/net.bin", Encoding::kOpenVino);
  ASSERT_THAT(files, IsOk());
  EXPECT_EQ(files->paths.size(), 1U);
}

TEST_F(ModelSnapshotTest, WeightsThatLeadOutAreRefused) {
  Put("net.xml", "<net/>");
  fs::create_symlink("../outside/secret.tflite", inside() / "net.bin");
  EXPECT_THAT(Snapshot("models/net.xml", Encoding::kOpenVino),
              Fails(ErrorCode::kSecurity, "\"models/net.bin\" leads out of the guest's directory"));
  EXPECT_THAT(Copies(), IsEmpty());
}

TEST_F(ModelSnapshotTest, AutodetectTakesNoWeightsForWhatIsNoXml) {
  Put("net.tflite", "TFL3");
  Put("net.bin", "something else");
  const auto files = Snapshot("models/net.tflite", Encoding::kAutodetect);
  ASSERT_THAT(files, IsOk());
  EXPECT_EQ(files->paths.size(), 1U);
}

// ONNX.

TEST_F(ModelSnapshotTest, ExternalDataComesWithItsNamesAsSpelled) {
  const std::string onnx = OnnxWith({"w", "./w", "sub/deep/w.1", "\xc3\xa4 b"});
  Put("dir/net.onnx", onnx);
  Put("dir/w", "one");
  Put("dir/sub/deep/w.1", "two");
  Put("dir/\xc3\xa4 b", "three");
  Put("dir/unrelated", "stays");
  for (const Encoding encoding : {Encoding::kOnnx, Encoding::kAutodetect}) {
    const auto files = Snapshot("models/dir/net.onnx", encoding);
    ASSERT_THAT(files, IsOk());
    ASSERT_EQ(files->paths.size(), 1U);
    EXPECT_EQ(files->paths[0].filename(), "model.onnx");
    EXPECT_EQ(
        Tree(files->paths[0].parent_path()),
        (FileTree{
            {"model.onnx", onnx}, {"w", "one"}, {"sub/deep/w.1", "two"}, {"\xc3\xa4 b", "three"}}));
  }
}

TEST_F(ModelSnapshotTest, ExternalDataInTheGuestsDirectoryItselfIsFound) {
  Put("net.onnx", OnnxWith({"w"}));
  Put("w", "one");
  const guest_models::GuestFiles files({{.host = inside(), .guest = "."}}, store_);
  for (const std::string path : {"net.onnx", "/net.onnx", "./net.onnx"}) {
    const auto snapshot = files.Snapshot(path, Encoding::kOnnx, {});
    ASSERT_THAT(snapshot, IsOk());
    EXPECT_EQ(Read(snapshot->paths[0].parent_path() / "w"), "one");
  }
}

TEST_F(ModelSnapshotTest, AModelGivesWayToExternalDataOfItsName) {
  const std::string onnx = OnnxWith({"model.onnx", "_model.onnx/w", "net.onnx"});
  Put("net.onnx", onnx);
  Put("model.onnx", "one");
  Put("_model.onnx/w", "two");
  const auto files = Snapshot("models/net.onnx", Encoding::kOnnx);
  ASSERT_THAT(files, IsOk());
  EXPECT_EQ(files->paths[0].filename(), "__model.onnx");
  EXPECT_EQ(Tree(files->paths[0].parent_path()), (FileTree{{"__model.onnx", onnx},
                                                           {"model.onnx", "one"},
                                                           {"_model.onnx/w", "two"},
                                                           {"net.onnx", onnx}}));
}

TEST_F(ModelSnapshotTest, ExternalDataOutsideOfTheModelsDirectoryIsRefused) {
  Put("beside/w", "another model's");
  fs::create_directories(inside() / "dir/sub");
  for (const std::string location :
       {"../beside/w", "sub/../../beside/w", "sub/../w", "..", "/etc/passwd", "/"}) {
    Put("dir/net.onnx", OnnxWith({location}));
    EXPECT_THAT(Snapshot("models/dir/net.onnx", Encoding::kOnnx),
                Fails(ErrorCode::kSecurity,
                      "\"models/dir/net.onnx\" stores weights in \"" + location +
                          "\", which may be outside its directory; save it with its weights "
                          "beside it"));
  }
  EXPECT_THAT(Copies(), IsEmpty());
}

TEST_F(ModelSnapshotTest, ExternalDataBehindALinkOutOfTheModelsDirectoryIsRefused) {
  Put("beside/w", "another model's");
  Put("dir/net.onnx", OnnxWith({"w"}));
  fs::create_symlink("../beside/w", inside() / "dir/w");
  EXPECT_THAT(Snapshot("models/dir/net.onnx", Encoding::kOnnx),
              Fails(ErrorCode::kSecurity, "\"models/dir/w\" leads out of the guest's directory"));
}

TEST_F(ModelSnapshotTest, ExternalDataAtAnAddressIsRefusedEvenIfThereIsSuchAFile) {
  Put("*/_ORT_MEM_ADDR_/*", "weights");
  Put("net.onnx", OnnxWith({"*/_ORT_MEM_ADDR_/*"}));
  EXPECT_THAT(Snapshot("models/net.onnx", Encoding::kOnnx),
              Fails(ErrorCode::kSecurity,
                    "\"models/net.onnx\" stores weights in \"*/_ORT_MEM_ADDR_/*\", which refers to "
                    "the host's own memory; save it with its weights beside it"));
}

TEST_F(ModelSnapshotTest, ExternalDataWithoutAProperNameIsRefused) {
  Put("w", "weights");
  for (const std::string& location : {std::string(), std::string("w\0x", 3), std::string("\xff")}) {
    Put("net.onnx", OnnxWith({location}));
    EXPECT_THAT(Snapshot("models/net.onnx", Encoding::kOnnx),
                Fails(ErrorCode::kInvalidArgument, HasSubstr("which is not a file name")));
  }
  Put("net.onnx", OnnxWith({"."}));
  EXPECT_THAT(
      Snapshot("models/net.onnx", Encoding::kOnnx),
      Fails(ErrorCode::kInvalidArgument, HasSubstr("is a directory where a file is expected")));
  Put("net.onnx", OnnxWith({"absent"}));
  EXPECT_THAT(Snapshot("models/net.onnx", Encoding::kOnnx),
              Fails(ErrorCode::kInvalidArgument,
                    "\"models/absent\" does not exist in the guest's directory"));
}

TEST_F(ModelSnapshotTest, ExternalDataInTooManyFilesIsRefused) {
  std::vector<std::string> locations;
  for (int i = 0; i < 4097; ++i) locations.push_back(std::to_string(i));
  Put("net.onnx", OnnxWith(locations));
  EXPECT_THAT(Snapshot("models/net.onnx", Encoding::kOnnx),
              Fails(ErrorCode::kInvalidArgument,
                    "\"models/net.onnx\" stores weights in 4097 files; at most 4096 are allowed"));
}

// The scan reads the copy, not the guest's file.
TEST_F(ModelSnapshotTest, WhatTheModelSaysLaterAboutExternalDataIsOfNoConsequence) {
  const std::string harmless = OnnxWith({"w1"});
  Put("w1", "one");
  Put("w2", "two");
  const fs::path model = Put("net.onnx", harmless);
  int calls = 0;
  const auto files = Snapshot("models/net.onnx", Encoding::kOnnx, Meanwhile([&] {
                                if (++calls == 2) Put("net.onnx", OnnxWith({"w2"}));
                              }));
  ASSERT_THAT(files, IsOk());
  EXPECT_EQ(Tree(files->paths[0].parent_path()),
            (FileTree{{"model.onnx", harmless}, {"w1", "one"}}));
}

TEST_F(ModelSnapshotTest, WhatIsNoOnnxModelIsRefusedIfItMustBeOne) {
  Put("net.onnx", "\xff\xff no model");
  EXPECT_THAT(Snapshot("models/net.onnx", Encoding::kOnnx),
              Fails(ErrorCode::kInvalidEncoding,
                    "\"models/net.onnx\" is not an ONNX model, or is damaged or cut off; copy it "
                    "again"));
  EXPECT_THAT(Snapshot("models/net.onnx", Encoding::kAutodetect), IsOk());
  Put("pointer.onnx", "version https://git-lfs.github.com/spec/v1\n");
  EXPECT_THAT(Snapshot("models/pointer.onnx", Encoding::kOnnx),
              Fails(ErrorCode::kInvalidEncoding,
                    "\"models/pointer.onnx\" is a Git LFS pointer, not the model; fetch the model "
                    "with git lfs pull"));
}

// TensorFlow.

TEST_F(ModelSnapshotTest, ASavedModelKeepsItsTree) {
  Put("saved/saved_model.pb", "graph");
  Put("saved/variables/variables.index", "index");
  Put("saved/variables/variables.data-00000-of-00001", "data");
  Put("saved/assets/a/vocabulary.txt", "words");
  fs::create_directory(inside() / "saved/assets.extra");
  Put("unrelated", "stays");
  for (const Encoding encoding : {Encoding::kTensorFlow, Encoding::kAutodetect}) {
    const auto files = Snapshot("models/saved", encoding);
    ASSERT_THAT(files, IsOk());
    ASSERT_EQ(files->paths.size(), 1U);
    EXPECT_EQ(Tree(files->paths[0]), (FileTree{{"saved_model.pb", "graph"},
                                               {"variables/variables.index", "index"},
                                               {"variables/variables.data-00000-of-00001", "data"},
                                               {"assets/a/vocabulary.txt", "words"}}));
    EXPECT_TRUE(fs::is_directory(files->paths[0] / "assets.extra"));
  }
}

TEST_F(ModelSnapshotTest, TheGuestsDirectoryItselfMayBeAModel) {
  Put("saved_model.pb", "graph");
  for (const std::string path : {"models", "/models/", "models/."}) {
    const auto files = Snapshot(path, Encoding::kTensorFlow);
    ASSERT_THAT(files, IsOk());
    EXPECT_EQ(Read(files->paths[0] / "saved_model.pb"), "graph");
  }
}

TEST_F(ModelSnapshotTest, AFrozenGraphIsAFile) {
  Put("frozen.pb", "graph");
  const auto files = Snapshot("models/frozen.pb", Encoding::kTensorFlow);
  ASSERT_THAT(files, IsOk());
  EXPECT_EQ(files->paths[0].filename(), "model.pb");
}

TEST_F(ModelSnapshotTest, LinksWithinATreeAreCopiedAsWhatTheyLeadTo) {
  Put("saved/blobs/1", "weights");
  fs::create_directories(inside() / "saved/variables");
  fs::create_symlink("../blobs/1", inside() / "saved/variables/v");
  fs::create_directory_symlink("blobs", inside() / "saved/alias");
  const auto files = Snapshot("models/saved", Encoding::kTensorFlow);
  ASSERT_THAT(files, IsOk());
  EXPECT_EQ(Tree(files->paths[0]),
            (FileTree{{"blobs/1", "weights"}, {"variables/v", "weights"}, {"alias/1", "weights"}}));
  EXPECT_FALSE(fs::is_symlink(files->paths[0] / "variables/v"));
}

TEST_F(ModelSnapshotTest, ALinkOutOfATreeIsRefusedEvenIntoTheGuestsDirectory) {
  Put("saved/saved_model.pb", "graph");
  Put("beside", "another model's");
  fs::create_symlink("../beside", inside() / "saved/v");
  EXPECT_THAT(Snapshot("models/saved", Encoding::kTensorFlow),
              Fails(ErrorCode::kSecurity, "\"models/saved/v\" leads out of the guest's directory"));
}

TEST_F(ModelSnapshotTest, APipeInATreeIsRefused) {
  Put("saved/saved_model.pb", "graph");
  ASSERT_EQ(::mkfifo((inside() / "saved/pipe").c_str(), 0600), 0);
  EXPECT_THAT(Snapshot("models/saved", Encoding::kTensorFlow),
              Fails(ErrorCode::kInvalidArgument,
                    "\"models/saved/pipe\" is neither a regular file nor a directory; copy the "
                    "model to one"));
}

TEST_F(ModelSnapshotTest, ATreeMayBe16DirectoriesDeepAndNoDeeper) {
  std::string path = "saved";
  for (int i = 1; i < 16; ++i) path += "/d";
  Put(path + "/file", "weights");
  EXPECT_THAT(Snapshot("models/saved", Encoding::kTensorFlow), IsOk());
  Put(path + "/d/file", "weights");
  EXPECT_THAT(
      Snapshot("models/saved", Encoding::kTensorFlow),
      Fails(ErrorCode::kInvalidArgument,
            "\"models/saved\" nests directories more than 16 deep; register the model's own "
            "directory"));
}

TEST_F(ModelSnapshotTest, ADirectoryWithinItselfComesToAnEnd) {
  Put("saved/saved_model.pb", "graph");
  fs::create_directory_symlink(".", inside() / "saved/self");
  fs::create_directory_symlink(".", inside() / "saved/self2");
  EXPECT_THAT(Snapshot("models/saved", Encoding::kTensorFlow),
              Fails(ErrorCode::kInvalidArgument,
                    HasSubstr("\"models/saved\" nests directories more than ")));
}

TEST_F(ModelSnapshotTest, ATreeMayHave4096EntriesAndNoMore) {
  for (int i = 0; i < 4096; ++i) Put("saved/" + std::to_string(i), "");
  EXPECT_THAT(Snapshot("models/saved", Encoding::kTensorFlow), IsOk());
  Put("saved/one more", "");
  EXPECT_THAT(Snapshot("models/saved", Encoding::kTensorFlow),
              Fails(ErrorCode::kInvalidArgument,
                    "\"models/saved\" has more than 4096 entries; register the model's own "
                    "directory"));
}

}  // namespace
}  // namespace namesake
