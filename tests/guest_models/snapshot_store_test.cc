#include "guest_models/snapshot_store.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/matchers.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using test::Fails;
using test::FailsInDetail;
using test::IsOk;
using test::TempDir;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<fs::path> Entries(const fs::path& directory) {
  std::vector<fs::path> entries;
  if (!fs::exists(directory)) return entries;
  for (const auto& entry : fs::directory_iterator(directory)) entries.push_back(entry.path());
  return entries;
}

std::shared_ptr<guest_models::SnapshotStore> MustOpen(const fs::path& root) {
  auto store = guest_models::SnapshotStore::Open(root);
  EXPECT_THAT(store, IsOk());
  return *std::move(store);
}

guest_models::SnapshotDirectory MustMake(guest_models::SnapshotStore& store) {
  auto directory = store.NewDirectory();
  EXPECT_THAT(directory, IsOk());
  return *std::move(directory);
}

void WriteInto(const fs::path& directory) {
  fs::create_directories(directory / "sub");
  std::ofstream(directory / "sub/weights") << "weights";
}

unsigned Mode(const fs::path& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 0777U;
}

// A process that holds a snapshot with one file and waits until it is told to go on.
class OtherProcess {
 public:
  explicit OtherProcess(const fs::path& root) {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      const auto store = guest_models::SnapshotStore::Open(root);
      const auto directory = (*store)->NewDirectory();
      WriteInto(directory->path());
      if (::write(ready[1], "x", 1) == 1) ::pause();
      ::_exit(1);
    }
    ::close(ready[1]);
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
  }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;
  ~OtherProcess() { Kill(); }

  void Kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

TEST(SnapshotStore, PutsNothingOnDiskBeforeTheFirstSnapshot) {
  const TempDir temp;
  const auto store = MustOpen(temp.path() / "root");
  EXPECT_FALSE(fs::exists(temp.path() / "root"));
}

TEST(SnapshotStore, ADirectoryIsEmptyAndForThisUserAlone) {
  const TempDir temp;
  const auto store = MustOpen(temp.path() / "root");
  const guest_models::SnapshotDirectory first = MustMake(*store);
  const guest_models::SnapshotDirectory second = MustMake(*store);
  EXPECT_NE(first.path(), second.path());
  EXPECT_THAT(Entries(first.path()), IsEmpty());
  EXPECT_EQ(Mode(first.path()), 0700U);
  EXPECT_EQ(Mode(first.path().parent_path()), 0700U);
  EXPECT_EQ(first.path().parent_path().parent_path(), temp.path() / "root");
}

TEST(SnapshotStore, ADirectoryGoesWithItsContentWhenItEnds) {
  const TempDir temp;
  const auto store = MustOpen(temp.path() / "root");
  fs::path path;
  {
    const guest_models::SnapshotDirectory directory = MustMake(*store);
    path = directory.path();
    WriteInto(path);
    EXPECT_TRUE(fs::exists(path / "sub/weights"));
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(SnapshotStore, RemovingADirectoryFollowsNoLink) {
  const TempDir temp;
  const fs::path precious = temp.Write("elsewhere/precious", "stays");
  const auto store = MustOpen(temp.path() / "root");
  {
    const guest_models::SnapshotDirectory directory = MustMake(*store);
    fs::create_symlink(temp.path() / "elsewhere", directory.path() / "link");
  }
  EXPECT_TRUE(fs::exists(precious));
}

TEST(SnapshotStore, TheProcessesDirectoryGoesWithTheStoreAndItsSnapshots) {
  const TempDir temp;
  auto store = MustOpen(temp.path() / "root");
  std::optional<guest_models::SnapshotDirectory> directory = MustMake(*store);
  store.reset();
  EXPECT_TRUE(fs::exists(directory->path()));
  EXPECT_THAT(Entries(temp.path() / "root"), SizeIs(1));
  directory.reset();
  EXPECT_THAT(Entries(temp.path() / "root"), IsEmpty());
}

TEST(SnapshotStore, WhatAKilledProcessLeftIsRemoved) {
  const TempDir temp;
  OtherProcess other(temp.path());
  other.Kill();
  ASSERT_THAT(Entries(temp.path()), SizeIs(1));
  const auto store = MustOpen(temp.path());
  EXPECT_THAT(Entries(temp.path()), IsEmpty());
}

TEST(SnapshotStore, WhatALiveProcessHasIsNot) {
  const TempDir temp;
  const OtherProcess other(temp.path());
  const std::vector<fs::path> before = Entries(temp.path());
  ASSERT_THAT(before, SizeIs(1));
  const auto store = MustOpen(temp.path());
  EXPECT_EQ(Entries(temp.path()), before);
  EXPECT_TRUE(fs::exists(before[0] / "1/sub/weights"));
}

TEST(SnapshotStore, AnotherStoreOfThisProcessIsAliveToo) {
  const TempDir temp;
  const auto first = MustOpen(temp.path());
  const guest_models::SnapshotDirectory directory = MustMake(*first);
  const auto second = MustOpen(temp.path());
  EXPECT_TRUE(fs::exists(directory.path()));
}

TEST(SnapshotStore, RemovesNothingWithANameThatIsNotItsOwn) {
  const TempDir temp;
  for (const std::string name : {"models", "process-", "process-12", "process-x-abcdef",
                                 "process-12-abcde", "process-12-abcdefg", "xprocess-12-abcdef"}) {
    temp.Write(name + "/file", "stays");
  }
  const std::size_t before = Entries(temp.path()).size();
  fs::create_directory(temp.path() / "process-12-abcdef");
  const auto store = MustOpen(temp.path());
  EXPECT_THAT(Entries(temp.path()), SizeIs(before));
}

TEST(SnapshotStore, RemovesNeitherALinkNorWhatItLeadsTo) {
  const TempDir temp;
  const fs::path precious = temp.Write("elsewhere/precious", "stays");
  fs::create_directory(temp.path() / "root");
  fs::create_directory_symlink(temp.path() / "elsewhere", temp.path() / "root/process-1-abcdef");
  const auto store = MustOpen(temp.path() / "root");
  EXPECT_TRUE(fs::exists(precious));
  EXPECT_TRUE(fs::is_symlink(temp.path() / "root/process-1-abcdef"));
}

TEST(SnapshotStore, ARootThatOthersMayWriteIsRefused) {
  const TempDir temp;
  const fs::path root = temp.path() / "root";
  fs::create_directory(root);
  fs::permissions(root, fs::perms::all);
  EXPECT_THAT(
      guest_models::SnapshotStore::Open(root),
      FailsInDetail(ErrorCode::kRuntimeError,
                    AllOf(HasSubstr("can't use " + root.string() + " for copies of guests' models"),
                          HasSubstr("other users can write to"))));
}

TEST(SnapshotStore, ARootThatIsAFileIsRefused) {
  const TempDir temp;
  const fs::path root = temp.Write("root", "");
  EXPECT_THAT(guest_models::SnapshotStore::Open(root),
              FailsInDetail(
                  ErrorCode::kRuntimeError,
                  "can't use " + root.string() + " for copies of guests' models: Not a directory"));
}

TEST(SnapshotStore, ManyThreadsMakeDirectoriesInOneProcessDirectory) {
  const TempDir temp;
  const auto store = MustOpen(temp.path() / "root");
  std::vector<std::optional<guest_models::SnapshotDirectory>> directories(8);
  {
    std::vector<std::jthread> threads;
    for (auto& directory : directories) {
      threads.emplace_back([&] { directory = MustMake(*store); });
    }
  }
  std::vector<fs::path> paths;
  for (const auto& directory : directories) paths.push_back(directory->path());
  std::ranges::sort(paths);
  EXPECT_EQ(std::ranges::adjacent_find(paths), paths.end());
  EXPECT_THAT(Entries(temp.path() / "root"), SizeIs(1));
}

// Other processes clean up all the time, including between making a directory and locking it.
TEST(SnapshotStore, AProcessThatCleansTakesNothingFromOneThatStarts) {
  const TempDir temp;
  fs::create_directory(temp.path() / "root");
  std::jthread cleaner([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) MustOpen(temp.path() / "root");
  });
  for (int i = 0; i < 300; ++i) {
    const auto store = MustOpen(temp.path() / "root");
    const guest_models::SnapshotDirectory directory = MustMake(*store);
    WriteInto(directory.path());
    ASSERT_TRUE(fs::exists(directory.path() / "sub/weights"));
  }
}

}  // namespace
}  // namespace namesake
