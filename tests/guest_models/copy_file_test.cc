#include "guest_models/copy_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "support/matchers.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using test::Fails;
using test::IsOk;
using test::TempDir;

// Larger than one buffer, and not a multiple of a block.
std::string Content() {
  std::string content;
  for (unsigned i = 0; content.size() < 3'000'001; ++i) content += std::to_string(i);
  content.resize(3'000'001);
  return content;
}

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Writes `content` to a file on disk and opens it for reading.
base::FileDescriptor OnDisk(const TempDir& temp, std::string_view content) {
  return base::FileDescriptor(::open(temp.Write("source", content).c_str(), O_RDONLY | O_CLOEXEC));
}

// On another filesystem than any directory, so the kernel can't clone it.
base::FileDescriptor InMemory(std::string_view content) {
  base::FileDescriptor file(::memfd_create("source", MFD_CLOEXEC));
  EXPECT_EQ(::write(file.get(), content.data(), content.size()),
            static_cast<::ssize_t>(content.size()));
  return file;
}

TEST(CopyFile, CopiesAllOfAFile) {
  const TempDir temp;
  const std::string content = Content();
  EXPECT_THAT(
      guest_models::CopyFile(OnDisk(temp, content), content.size(), temp.path() / "copy", "m"),
      IsOk());
  EXPECT_EQ(Read(temp.path() / "copy"), content);
}

TEST(CopyFile, CopiesFromAnotherFilesystem) {
  const TempDir temp;
  const std::string content = Content();
  EXPECT_THAT(guest_models::CopyFile(InMemory(content), content.size(), temp.path() / "copy", "m"),
              IsOk());
  EXPECT_EQ(Read(temp.path() / "copy"), content);
}

TEST(CopyFile, CopiesNoMoreThanItWasTold) {
  const TempDir temp;
  const std::string content = Content();
  const std::size_t bytes = 2'500'000;
  EXPECT_THAT(guest_models::CopyFile(OnDisk(temp, content), bytes, temp.path() / "disk", "m"),
              IsOk());
  EXPECT_THAT(guest_models::CopyFile(InMemory(content), bytes, temp.path() / "memory", "m"),
              IsOk());
  EXPECT_EQ(Read(temp.path() / "disk"), content.substr(0, bytes));
  EXPECT_EQ(Read(temp.path() / "memory"), content.substr(0, bytes));
}

TEST(CopyFile, AFileThatIsShorterByNowIsAnError) {
  const TempDir temp;
  const auto changed = Fails(ErrorCode::kRuntimeError,
                             "\"a\\x01\" changed while it was being read; register it again");
  EXPECT_THAT(guest_models::CopyFile(OnDisk(temp, "123"), 4, temp.path() / "disk", "a\x01"),
              changed);
  EXPECT_THAT(guest_models::CopyFile(InMemory("123"), 4, temp.path() / "memory", "a\x01"), changed);
}

TEST(CopyFile, EndsAtItsDeadlineHoweverMuchIsLeft) {
  const TempDir temp;
  // A sparse file, large enough to take long to copy.
  const base::FileDescriptor large(::memfd_create("source", MFD_CLOEXEC));
  constexpr ::off_t kBytes = ::off_t{2} << 30;
  ASSERT_EQ(::ftruncate(large.get(), kBytes), 0);
  EXPECT_THAT(guest_models::CopyFile(large, kBytes, temp.path() / "copy", "m\x01",
                                     Deadline::After(std::chrono::milliseconds(1))),
              Fails(ErrorCode::kTimeout, "the load timed out while \"m\\x01\" was being copied"));
  EXPECT_LT(fs::file_size(temp.path() / "copy"), kBytes);
  EXPECT_THAT(guest_models::CopyFile(InMemory("123"), 3, temp.path() / "short", "m",
                                     Deadline::After(std::chrono::hours(1))),
              IsOk());
}

TEST(CopyFile, OverwritesNothing) {
  const TempDir temp;
  const fs::path there = temp.Write("there", "before");
  fs::create_symlink("absent", temp.path() / "link");
  const auto exists = Fails(ErrorCode::kRuntimeError, "can't copy \"m\": File exists");
  EXPECT_THAT(guest_models::CopyFile(OnDisk(temp, "123"), 3, there, "m"), exists);
  EXPECT_THAT(guest_models::CopyFile(OnDisk(temp, "123"), 3, temp.path() / "link", "m"), exists);
  EXPECT_EQ(Read(there), "before");
}

TEST(CopyFile, ACopyIsForThisUserToRead) {
  const TempDir temp;
  EXPECT_THAT(guest_models::CopyFile(OnDisk(temp, "123"), 3, temp.path() / "copy", "m"), IsOk());
  EXPECT_EQ(fs::status(temp.path() / "copy").permissions(), fs::perms::owner_read);
}

TEST(CopyFile, WhatCantBeReadOrWrittenIsAnErrorWithoutAPath) {
  const TempDir temp;
  EXPECT_THAT(guest_models::CopyFile(OnDisk(temp, "123"), 3, temp.path() / "absent/copy", "m"),
              Fails(ErrorCode::kRuntimeError, "can't copy \"m\": No such file or directory"));
  const base::FileDescriptor directory(::open(temp.path().c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_THAT(guest_models::CopyFile(directory, 3, temp.path() / "copy", "m"),
              Fails(ErrorCode::kRuntimeError, "can't copy \"m\": Is a directory"));
}

}  // namespace
}  // namespace namesake
