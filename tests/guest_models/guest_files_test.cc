#include "guest_models/guest_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "base/fail.h"
#include "guest_models/guest_files_fixture.h"
#include "support/onnx_bytes.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using test::Fails;
using test::Field;
using test::IsOk;
using test::OnnxWith;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(GuestFilesTest, AFileIsCopiedUnderItsExtension) {
  Put("deep/photo.v2.tflite", "weights");
  const auto files = Snapshot("models/deep/photo.v2.tflite");
  ASSERT_THAT(files, IsOk());
  ASSERT_EQ(files->paths.size(), 1U);
  EXPECT_EQ(files->paths[0].filename(), "model.tflite");
  EXPECT_EQ(Read(files->paths[0]), "weights");
  EXPECT_NE(files->copy, nullptr);
}

TEST_F(GuestFilesTest, AnExtensionThatIsNotPlainIsLeftOut) {
  for (const std::string name : {"a", "a.", ".hidden", "a.x y", "a.\xc3\xa4", "a.%n",
                                 "a.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    Put(name, "weights");
    const auto files = Snapshot("models/" + name);
    ASSERT_THAT(files, IsOk()) << name;
    EXPECT_EQ(files->paths[0].filename(), "model") << name;
  }
}

TEST_F(GuestFilesTest, ASnapshotSurvivesWhateverHappensToItsSource) {
  const std::string content(300'000, 'w');
  const fs::path cut = Put("cut.tflite", content);
  const fs::path gone = Put("gone.tflite", content);
  const auto of_cut = Snapshot("models/cut.tflite");
  const auto of_gone = Snapshot("models/gone.tflite");
  ASSERT_THAT(of_cut, IsOk());
  ASSERT_THAT(of_gone, IsOk());
  fs::resize_file(cut, 0);
  fs::remove(gone);
  EXPECT_EQ(Read(of_cut->paths[0]), content);
  EXPECT_EQ(Read(of_gone->paths[0]), content);
}

TEST_F(GuestFilesTest, ASnapshotLivesAsLongAsItIsKept) {
  Put("m.tflite", "weights");
  auto files = Snapshot("models/m.tflite");
  ASSERT_THAT(files, IsOk());
  const std::shared_ptr<const void> keep = std::move(files->copy);
  const fs::path copy = files->paths[0];
  files = ModelFiles{};
  EXPECT_TRUE(fs::exists(copy));
  EXPECT_EQ(Copies().size(), 1U);
}

TEST_F(GuestFilesTest, NothingIsLeftWhenNobodyKeepsIt) {
  Put("m.tflite", "weights");
  fs::path copy;
  {
    const auto files = Snapshot("models/m.tflite");
    ASSERT_THAT(files, IsOk());
    copy = files->paths[0];
    EXPECT_TRUE(fs::exists(copy));
  }
  EXPECT_FALSE(fs::exists(copy));
  EXPECT_THAT(Copies(), IsEmpty());
}

TEST_F(GuestFilesTest, AnEmptyFileIsCopiedToo) {
  Put("m.tflite", "");
  EXPECT_EQ(Content("models/m.tflite"), "");
}

// Names that the guest has for its directories.

TEST_F(GuestFilesTest, PathsAreMatchedAsWasiLibcDoes) {
  struct Case {
    std::string guest;
    std::string path;
  };
  Put("sub/m.tflite", "weights");
  for (const auto& [guest, path] : std::vector<Case>{{"models", "models/sub/m.tflite"},
                                                     {"models", "/models/sub/m.tflite"},
                                                     {"models", "./models//sub/m.tflite"},
                                                     {"models", ".//./models/./sub/m.tflite"},
                                                     {"/models", "models/sub/m.tflite"},
                                                     {"./models/", "models/sub/m.tflite"},
                                                     {"a/b", "a/b/sub/m.tflite"},
                                                     {".", "sub/m.tflite"},
                                                     {".", "./sub/m.tflite"},
                                                     {".", "/sub/m.tflite"},
                                                     {"./", "sub/m.tflite"},
                                                     {"/", "sub/m.tflite"},
                                                     {"/", "/sub/m.tflite"}}) {
    const guest_models::GuestFiles files({{.host = inside(), .guest = guest}}, store_);
    const auto snapshot = files.Snapshot(path, Encoding::kTensorFlowLite, {});
    EXPECT_THAT(snapshot, IsOk()) << guest << " " << path;
    EXPECT_EQ(snapshot ? Read(snapshot->paths[0]) : "", "weights");
  }
}

TEST_F(GuestFilesTest, TheLongestNameThatFitsWins) {
  temp_.Write("root/a/b/m.tflite", "root");
  temp_.Write("a/b/m.tflite", "a");
  temp_.Write("ab/m.tflite", "a/b");
  const guest_models::GuestFiles files({{.host = temp_.path() / "ab", .guest = "a/b"},
                                        {.host = temp_.path() / "a", .guest = "a"},
                                        {.host = temp_.path() / "root", .guest = "."}},
                                       store_);
  const auto snapshot = files.Snapshot("a/b/m.tflite", Encoding::kTensorFlowLite, {});
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ(Read(snapshot->paths[0]), "a/b");
}

TEST_F(GuestFilesTest, TheLastOfTwoEqualNamesWins) {
  temp_.Write("first/m.tflite", "first");
  temp_.Write("last/m.tflite", "last");
  const guest_models::GuestFiles files({{.host = temp_.path() / "first", .guest = "a"},
                                        {.host = temp_.path() / "last", .guest = "/a"}},
                                       store_);
  const auto snapshot = files.Snapshot("a/m.tflite", Encoding::kTensorFlowLite, {});
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ(Read(snapshot->paths[0]), "last");
}

TEST_F(GuestFilesTest, ANameFitsByWholeComponents) {
  Put("m.tflite", "weights");
  for (const std::string path : {"models2/m.tflite", "model/m.tflite", "m.tflite", "../models",
                                 "other/../models/m.tflite", "/", "."}) {
    EXPECT_THAT(Snapshot(path), Fails(ErrorCode::kInvalidArgument,
                                      "\"" + path + "\" is in none of the guest's directories"));
  }
}

TEST_F(GuestFilesTest, AGuestWithoutDirectoriesHasNoPaths) {
  const guest_models::GuestFiles files({}, store_);
  EXPECT_THAT(
      files.Snapshot("m.onnx", Encoding::kOnnx, {}),
      Fails(ErrorCode::kInvalidArgument, "\"m.onnx\" is in none of the guest's directories"));
}

TEST_F(GuestFilesTest, MalformedPathsAreRefused) {
  const auto code = ErrorCode::kInvalidArgument;
  EXPECT_THAT(Snapshot(""), Fails(code, "a model's path is empty"));
  EXPECT_THAT(Snapshot(std::string(4097, 'a')),
              Fails(code, "a model's path has 4097 bytes; at most 4096 are allowed"));
  EXPECT_THAT(Snapshot(std::string("models/m\0.tflite", 16)),
              Fails(code, "the path \"models/m\\x00.tflite\" has a NUL in it"));
  EXPECT_THAT(Snapshot("models/\xff"), Fails(code, "the path \"models/\\xff\" is not UTF-8"));
  EXPECT_THAT(Snapshot("models/" + std::string(256, 'a')),
              Fails(code, "the path \"models/" + std::string(256, 'a') + "\" is too long"));
  std::string deep = "models";
  while (deep.size() <= 4094) deep += "/a";
  EXPECT_THAT(Snapshot(deep), Fails(code, EndsWith("does not exist in the guest's directory")));
}

TEST_F(GuestFilesTest, AHostWithoutAStoreSaysSo) {
  Put("m.tflite", "weights");
  const guest_models::GuestFiles files({{.host = inside(), .guest = "models"}}, nullptr);
  EXPECT_THAT(files.Snapshot("models/m.tflite", Encoding::kTensorFlowLite, {}),
              Fails(ErrorCode::kUnsupported,
                    "can't register \"models/m.tflite\": this host keeps no copies of guests' "
                    "models; load it from bytes"));
}

TEST_F(GuestFilesTest, ADirectoryThatCantBeOpenedIsAnErrorAtItsUseAlone) {
  Put("m.tflite", "weights");
  const guest_models::GuestFiles files(
      {{.host = temp_.path() / "absent", .guest = "absent"}, {.host = inside(), .guest = "models"}},
      store_);
  EXPECT_THAT(files.Snapshot("absent/m.tflite", Encoding::kTensorFlowLite, {}),
              Fails(ErrorCode::kRuntimeError,
                    "can't open the guest's directory that contains \"absent/m.tflite\": No such "
                    "file or directory"));
  EXPECT_THAT(files.Snapshot("models/m.tflite", Encoding::kTensorFlowLite, {}), IsOk());
}

TEST_F(GuestFilesTest, ALinkThatTakesTheDirectorysPlaceLaterIsNotFollowed) {
  Put("own/m.tflite", "weights");
  temp_.Write("outside/m.tflite", kSecret);
  const guest_models::GuestFiles files(
      {{.host = inside(), .guest = "all"}, {.host = inside() / "own", .guest = "own"}}, store_);
  fs::rename(inside() / "own", inside() / "moved");
  fs::create_directory_symlink(outside_, inside() / "own");
  const auto snapshot = files.Snapshot("own/m.tflite", Encoding::kTensorFlowLite, {});
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ(Read(snapshot->paths[0]), "weights");
}

// Paths that would lead out of the directory.

TEST_F(GuestFilesTest, DotDotOutOfTheDirectoryIsRefused) {
  fs::create_directories(inside() / "sub");
  for (const std::string path :
       {"models/../outside/secret.tflite", "models/sub/../../outside/secret.tflite",
        "models/../inside/m.tflite", "models/..", "models/../../../../../../etc/passwd"}) {
    EXPECT_THAT(Snapshot(path),
                Fails(ErrorCode::kSecurity, "\"" + path + "\" leads out of the guest's directory"));
  }
}

TEST_F(GuestFilesTest, DotDotWithinTheDirectoryIsFollowed) {
  Put("m.tflite", "weights");
  fs::create_directories(inside() / "a/b");
  EXPECT_EQ(Content("models/a/b/../../m.tflite"), "weights");
}

TEST_F(GuestFilesTest, ASymlinkOutOfTheDirectoryIsRefused) {
  fs::create_symlink("../outside/secret.tflite", inside() / "m.tflite");
  EXPECT_THAT(
      Snapshot("models/m.tflite"),
      Fails(ErrorCode::kSecurity, "\"models/m.tflite\" leads out of the guest's directory"));
}

TEST_F(GuestFilesTest, ASymlinkOutIsRefusedAtAnyDepth) {
  fs::create_directories(inside() / "a/b/c");
  fs::create_symlink("../../../../outside/secret.tflite", inside() / "a/b/c/file");
  fs::create_directory_symlink("../../../outside", inside() / "a/b/directory");
  fs::create_directory_symlink("a/b", inside() / "ab");
  fs::create_symlink("c/file", inside() / "a/b/chain");
  for (const std::string path : {"models/a/b/c/file", "models/a/b/directory/secret.tflite",
                                 "models/ab/directory/secret.tflite", "models/ab/chain"}) {
    EXPECT_THAT(Snapshot(path),
                Fails(ErrorCode::kSecurity, "\"" + path + "\" leads out of the guest's directory"));
  }
}

TEST_F(GuestFilesTest, AnAbsoluteSymlinkIsRefusedWhereverItLeads) {
  const fs::path own = Put("own.tflite", "weights");
  fs::create_symlink(outside_ / "secret.tflite", inside() / "foreign");
  fs::create_symlink(own, inside() / "back");
  fs::create_symlink("/proc/self/root/etc/passwd", inside() / "proc");
  fs::create_symlink("/absent", inside() / "absent");
  for (const std::string path : {"models/foreign", "models/back", "models/proc", "models/absent"}) {
    EXPECT_THAT(Snapshot(path),
                Fails(ErrorCode::kSecurity, "\"" + path + "\" leads out of the guest's directory"));
  }
}

TEST_F(GuestFilesTest, ALinkOfTheKernelsOwnIsRefused) {
  const int open_file = ::open((outside_ / "secret.tflite").c_str(), O_RDONLY | O_CLOEXEC);
  const guest_models::GuestFiles files({{.host = "/proc/self", .guest = "proc"}}, store_);
  for (const std::string& path :
       std::vector<std::string>{"proc/root/etc/passwd", "proc/cwd", "proc/exe",
                                "proc/fd/" + std::to_string(open_file)}) {
    EXPECT_THAT(
        files.Snapshot(path, Encoding::kTensorFlowLite, {}),
        Fails(ErrorCode::kInvalidArgument,
              "\"" + path + "\" has too many links in its path, or one that may not be followed"));
  }
  ::close(open_file);
}

TEST_F(GuestFilesTest, ALoopOfLinksIsRefused) {
  fs::create_symlink("b", inside() / "a");
  fs::create_symlink("a", inside() / "b");
  EXPECT_THAT(
      Snapshot("models/a"),
      Fails(ErrorCode::kInvalidArgument,
            "\"models/a\" has too many links in its path, or one that may not be followed"));
}

TEST_F(GuestFilesTest, ALinkThatStaysBeneathIsFollowed) {
  Put("blobs/1234", "weights");
  fs::create_directories(inside() / "models/v1");
  fs::create_symlink("../../blobs/1234", inside() / "models/v1/m.tflite");
  EXPECT_EQ(Content("models/models/v1/m.tflite"), "weights");
}

// Paths to something other than a file.

TEST_F(GuestFilesTest, WhatIsAbsentIsSaidInTheGuestsWords) {
  Put("file", "");
  for (const std::string path :
       {"models/absent.tflite", "models/absent/m.tflite", "models/file/m.tflite", "models/file/"}) {
    EXPECT_THAT(Snapshot(path), Fails(ErrorCode::kInvalidArgument,
                                      "\"" + path + "\" does not exist in the guest's directory"));
  }
}

TEST_F(GuestFilesTest, APipeIsRefusedWithoutWaiting) {
  ASSERT_EQ(::mkfifo((inside() / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(
      Snapshot("models/pipe"),
      Fails(ErrorCode::kInvalidArgument,
            "\"models/pipe\" is neither a regular file nor a directory; copy the model to one"));
}

TEST_F(GuestFilesTest, ADeviceIsRefused) {
  const guest_models::GuestFiles files({{.host = "/dev", .guest = "dev"}}, store_);
  EXPECT_THAT(
      files.Snapshot("dev/zero", Encoding::kTensorFlowLite, {}),
      Fails(ErrorCode::kInvalidArgument,
            "\"dev/zero\" is neither a regular file nor a directory; copy the model to one"));
}

TEST_F(GuestFilesTest, ASocketIsRefused) {
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = inside() / "socket";
  ASSERT_LT(path.size(), sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_THAT(
      Snapshot("models/socket"),
      Fails(ErrorCode::kInvalidArgument,
            "\"models/socket\" is neither a regular file nor a directory; copy the model to one"));
  ::close(listener);
}

TEST_F(GuestFilesTest, ADirectoryIsRefusedForAnEncodingThatIsAFile) {
  fs::create_directory(inside() / "directory");
  for (const Encoding encoding : {Encoding::kOpenVino, Encoding::kOnnx, Encoding::kPyTorch,
                                  Encoding::kTensorFlowLite, Encoding::kGgml}) {
    EXPECT_THAT(Snapshot("models/directory", encoding),
                Fails(ErrorCode::kInvalidArgument,
                      fmt::format("\"models/directory\" is a directory, but the encoding {} needs "
                                  "a file; give the file's path",
                                  EncodingName(encoding))));
  }
}

// Sizes.

TEST_F(GuestFilesTest, ASizeAboveTheLimitIsRefusedBeforeAnythingIsReserved) {
  Put("m.tflite", "123456");
  bool asked = false;
  guest_models::SnapshotLimits limits = Meanwhile([&] { asked = true; });
  limits.max_model_bytes = 5;
  EXPECT_THAT(
      Snapshot("models/m.tflite", Encoding::kTensorFlowLite, limits),
      Fails(ErrorCode::kTooLarge, "\"models/m.tflite\" has 6 bytes, above max_model_bytes = 5"));
  EXPECT_FALSE(asked);
  limits.max_model_bytes = 6;
  EXPECT_THAT(Snapshot("models/m.tflite", Encoding::kTensorFlowLite, limits), IsOk());
}

TEST_F(GuestFilesTest, AllFilesOfAModelCountForTheLimit) {
  Put("m.xml", "<net/>");
  Put("m.bin", "1234");
  Put("saved/saved_model.pb", "123456");
  Put("saved/variables/variables.index", "1234");
  const std::string onnx = OnnxWith({"w"});
  Put("m.onnx", onnx);
  Put("w", "1234");
  const auto limit = [](std::uint64_t bytes) {
    return guest_models::SnapshotLimits{.max_model_bytes = bytes};
  };
  const auto fails = [](const std::string& name, std::size_t bytes) {
    return Fails(
        ErrorCode::kTooLarge,
        fmt::format("\"{}\" has {} bytes, above max_model_bytes = {}", name, bytes, bytes - 1));
  };
  EXPECT_THAT(Snapshot("models/m.xml", Encoding::kOpenVino, limit(9)), fails("models/m.xml", 10));
  EXPECT_THAT(Snapshot("models/m.xml", Encoding::kOpenVino, limit(10)), IsOk());
  EXPECT_THAT(Snapshot("models/saved", Encoding::kTensorFlow, limit(9)), fails("models/saved", 10));
  EXPECT_THAT(Snapshot("models/saved", Encoding::kTensorFlow, limit(10)), IsOk());
  EXPECT_THAT(Snapshot("models/m.onnx", Encoding::kOnnx, limit(onnx.size() + 3)),
              fails("models/m.onnx", onnx.size() + 4));
  EXPECT_THAT(Snapshot("models/m.onnx", Encoding::kOnnx, limit(onnx.size() + 4)), IsOk());
}

TEST_F(GuestFilesTest, ReservesAllBytesBeforeTheyAreCopied) {
  const std::string onnx = OnnxWith({"a", "b"});
  Put("m.onnx", onnx);
  Put("a", "123");
  Put("b", "12345");
  std::vector<std::uint64_t> reserved;
  std::vector<std::size_t> files_there;
  const auto reserve = [&](std::uint64_t bytes) -> Result<void> {
    reserved.push_back(bytes);
    files_there.push_back(Tree(temp_.path() / "copies").size());
    return {};
  };
  fs::create_directory(temp_.path() / "copies");
  fs::permissions(temp_.path() / "copies", fs::perms::owner_all);
  ASSERT_THAT(Snapshot("models/m.onnx", Encoding::kOnnx, {.reserve = reserve}), IsOk());
  EXPECT_THAT(reserved, ElementsAre(onnx.size(), 8));
  EXPECT_THAT(files_there, ElementsAre(0, 1));
}

TEST_F(GuestFilesTest, ARefusedReservationEndsTheSnapshotAndLeavesNothing) {
  const std::string onnx = OnnxWith({"a"});
  Put("m.onnx", onnx);
  Put("a", "123");
  const auto reserve = [&](std::uint64_t bytes) -> Result<void> {
    if (bytes == 3) return base::Fail(ErrorCode::kTooLarge, "no room");
    return {};
  };
  EXPECT_THAT(Snapshot("models/m.onnx", Encoding::kOnnx, {.reserve = reserve}),
              Fails(ErrorCode::kTooLarge, "no room"));
  EXPECT_THAT(Copies(), IsEmpty());
}

TEST_F(GuestFilesTest, ADeadlineEndsTheSnapshotAndLeavesNothing) {
  Put("saved/a", "1");
  Put("m.tflite", "123");
  const guest_models::SnapshotLimits late = {.deadline = Deadline::After(std::chrono::seconds(-1))};
  EXPECT_THAT(
      Snapshot("models/m.tflite", Encoding::kTensorFlowLite, late),
      Fails(ErrorCode::kTimeout, "the load timed out while \"models/m.tflite\" was being copied"));
  EXPECT_THAT(
      Snapshot("models/saved", Encoding::kTensorFlow, late),
      Fails(ErrorCode::kTimeout, "the load timed out while \"models/saved/a\" was being copied"));
  EXPECT_THAT(Copies(), IsEmpty());
}

TEST_F(GuestFilesTest, SparseFilesCountInFull) {
  std::error_code error;
  for (int i = 0; i < 3; ++i) {
    const fs::path file = Put("saved/" + std::to_string(i), "");
    fs::resize_file(file, std::uintmax_t{1} << 40, error);
    ASSERT_FALSE(error) << error.message();
  }
  EXPECT_THAT(Snapshot("models/saved", Encoding::kTensorFlow, {.max_model_bytes = 1000}),
              Fails(ErrorCode::kTooLarge, HasSubstr("above max_model_bytes = 1000")));
}

// Changes during the copy.

TEST_F(GuestFilesTest, AFileThatIsCutOffMeanwhileIsAnError) {
  const fs::path file = Put("m.tflite", std::string(3'000'000, 'w'));
  for (const std::uintmax_t bytes : {2'999'999UL, 0UL}) {
    EXPECT_THAT(Snapshot("models/m.tflite", Encoding::kTensorFlowLite,
                         Meanwhile([&] { fs::resize_file(file, bytes); })),
                Fails(ErrorCode::kRuntimeError,
                      "\"models/m.tflite\" changed while it was being read; register it again"));
    fs::resize_file(file, 3'000'000);
  }
  EXPECT_THAT(Copies(), IsEmpty());
}

TEST_F(GuestFilesTest, NoByteIsCopiedThatWasNotMeasured) {
  const fs::path file = Put("m.tflite", "123");
  const auto files =
      Snapshot("models/m.tflite", Encoding::kTensorFlowLite,
               Meanwhile([&] { std::ofstream(file, std::ios::app) << "more and more"; }));
  ASSERT_THAT(files, IsOk());
  EXPECT_EQ(Read(files->paths[0]), "123");
}

TEST_F(GuestFilesTest, AFileOfATreeThatBecomesALinkOutIsRefused) {
  const fs::path file = Put("saved/variables/v", std::string(kSecret.size(), 'v'));
  fs::create_symlink("../../../outside/secret.tflite", inside() / "link");
  EXPECT_THAT(Snapshot("models/saved", Encoding::kTensorFlow,
                       Meanwhile([&] { fs::rename(inside() / "link", file); })),
              Fails(ErrorCode::kSecurity,
                    "\"models/saved/variables/v\" leads out of the guest's directory"));
  EXPECT_THAT(Copies(), IsEmpty());
}

TEST_F(GuestFilesTest, AFileThatBecomesADirectoryOrAPipeIsRefused) {
  const fs::path file = Put("saved/v", "weights");
  EXPECT_THAT(Snapshot("models/saved", Encoding::kTensorFlow, Meanwhile([&] {
                         fs::remove(file);
                         fs::create_directory(file);
                       })),
              Fails(ErrorCode::kInvalidArgument,
                    "\"models/saved/v\" is a directory where a file is expected"));
  fs::remove(file);
  Put("saved/v", "weights");
  EXPECT_THAT(
      Snapshot("models/saved", Encoding::kTensorFlow, Meanwhile([&] {
                 fs::remove(file);
                 ::mkfifo(file.c_str(), 0600);
               })),
      Fails(ErrorCode::kInvalidArgument,
            "\"models/saved/v\" is neither a regular file nor a directory; copy the model to one"));
}

// Swaps two names continually: at each moment one leads inside and the other outside.
class Swapping {
 public:
  Swapping(const fs::path& a, const fs::path& b)
      : thread_([a, b](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            ::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE);
          }
        }) {}

 private:
  std::jthread thread_;
};

// Expects each snapshot to fail, or to hold only what is inside.
void ExpectNeverOutside(const std::function<Result<ModelFiles>()>& snapshot) {
  for (int i = 0; i < 1000; ++i) {
    const auto files = snapshot();
    if (!files) continue;
    for (const fs::path& path : files->paths) {
      if (fs::is_directory(path)) {
        for (const auto& [name, content] : Tree(path)) ASSERT_THAT(content, Not(kSecret));
      } else {
        ASSERT_THAT(Read(path), Not(kSecret));
      }
    }
  }
}

TEST_F(GuestFilesTest, AFileThatChangesPlacesWithALinkNeverLeadsOut) {
  Put("m.tflite", "weights");
  fs::create_symlink("../outside/secret.tflite", inside() / "link");
  const Swapping swapping(inside() / "m.tflite", inside() / "link");
  ExpectNeverOutside([&] { return Snapshot("models/m.tflite"); });
}

TEST_F(GuestFilesTest, ADirectoryThatChangesPlacesWithALinkNeverLeadsOut) {
  Put("a/b/secret.tflite", "weights");
  fs::create_directory_symlink("../../outside", inside() / "a/link");
  const Swapping swapping(inside() / "a/b", inside() / "a/link");
  ExpectNeverOutside([&] { return Snapshot("models/a/b/secret.tflite"); });
}

TEST_F(GuestFilesTest, ADirectoryThatIsMovedAboutNeverLeadsOutByDotDot) {
  // While a/b/c is moved up into `inside`, two ".." from it lead above `inside`.
  Put("a/b/c/file", "");
  Put("d/file", "");
  temp_.Write("inside/secret.tflite", "weights");
  temp_.Write("secret.tflite", kSecret);
  const Swapping swapping(inside() / "a/b/c", inside() / "d");
  ExpectNeverOutside([&] { return Snapshot("models/a/b/c/../../../secret.tflite"); });
}

TEST_F(GuestFilesTest, ATreeThatChangesPlacesWithALinkNeverLeadsOut) {
  Put("saved/variables/secret.tflite", "weights");
  fs::create_directory_symlink("../../outside", inside() / "saved/link");
  const Swapping swapping(inside() / "saved/variables", inside() / "saved/link");
  ExpectNeverOutside([&] { return Snapshot("models/saved", Encoding::kTensorFlow); });
}

TEST_F(GuestFilesTest, AFileThatIsCutOffAllTheTimeNeverEndsTheHost) {
  const std::string onnx = OnnxWith({"w"});
  const fs::path model = Put("m.onnx", onnx + Field(8, std::string(100'000, '\0')));
  Put("w", "weights");
  std::jthread cutter([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      fs::resize_file(model, 0);
      std::ofstream(model, std::ios::binary) << onnx << Field(8, std::string(100'000, '\0'));
    }
  });
  for (int i = 0; i < 300; ++i) static_cast<void>(Snapshot("models/m.onnx", Encoding::kOnnx));
}

// The host's own files.

TEST_F(GuestFilesTest, NoMessageHasAPathOfTheHost) {
  Put("m.tflite", "weights");
  temp_.Write("copies", "a file where the directory is expected");
  EXPECT_THAT(
      Snapshot("models/m.tflite"),
      Fails(ErrorCode::kRuntimeError,
            "can't copy \"models/m.tflite\": the host's directory for copies can't be used"));
}

}  // namespace
}  // namespace namesake
