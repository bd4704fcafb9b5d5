#include "namesake/compiled_cache.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <ostream>
#include <stdexcept>
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

CacheKey Key(std::string_view text) {
  CacheKey::Builder builder;
  builder.Add(text);
  return builder.Finish();
}

std::string Text(const CachedEntry& entry) {
  return {reinterpret_cast<const char*>(entry.payload().data()), entry.payload().size()};
}

class CompiledCacheTest : public testing::Test {
 protected:
  CompiledCacheTest() : cache_(CompiledCache::Open(dir_.path() / "cache").value()) {}

  void Store(const CacheKey& key, const std::string& text) {
    ASSERT_THAT(cache_->Store(key, {}, [&](std::ostream& out) { out << text; }), IsOk());
  }
  fs::path OnlyFile() const { return fs::directory_iterator(cache_->directory())->path(); }
  std::size_t FileCount() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(cache_->directory()), fs::directory_iterator()));
  }
  static void Patch(const fs::path& file, std::streamoff at, char byte) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(at);
    stream.put(byte);
  }

  TempDir dir_;
  std::unique_ptr<CompiledCache> cache_;
};

TEST_F(CompiledCacheTest, FindsWhatWasStored) {
  const std::string text(100'000, 'x');
  EXPECT_FALSE(cache_->Find(Key("a")));
  Store(Key("a"), text);
  const auto entry = cache_->Find(Key("a"));
  ASSERT_TRUE(entry);
  EXPECT_EQ(Text(*entry), text);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(entry->payload().data()) % 4096, 0U);
  EXPECT_FALSE(cache_->Find(Key("b")));
}

TEST_F(CompiledCacheTest, AWriterMayGoBack) {
  const auto write = [](std::ostream& out) {
    out << "????, world";
    const auto end = out.tellp();
    out.seekp(0);
    out << "hell";
    out.seekp(-2, std::ios::cur);
    out << "LL";
    out.seekp(0, std::ios::end);
    EXPECT_EQ(out.tellp(), end);
    out << '!';
  };
  ASSERT_THAT(cache_->Store(Key("a"), {}, write), IsOk());
  EXPECT_EQ(Text(cache_->Find(Key("a")).value()), "heLL, world!");
}

TEST_F(CompiledCacheTest, IsThereForTheNextProcess) {
  Store(Key("a"), "text");
  const auto other = CompiledCache::Open(cache_->directory()).value();
  EXPECT_EQ(Text(other->Find(Key("a")).value()), "text");
}

TEST_F(CompiledCacheTest, IsOfThisUserAlone) {
  Store(Key("a"), "text");
  struct stat status{};
  ASSERT_EQ(::stat(cache_->directory().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  ASSERT_EQ(::stat(OnlyFile().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(CompiledCacheTest, AnEntryThatOthersMayWriteIsAMiss) {
  Store(Key("a"), "text");
  fs::permissions(OnlyFile(), fs::perms::others_write, fs::perm_options::add);
  EXPECT_FALSE(cache_->Find(Key("a")));
}

TEST_F(CompiledCacheTest, ADamagedEntryIsAMissAndIsReplaced) {
  const std::string text(10'000, 'x');
  for (const std::streamoff at : {0, 8, 40, 48, 4096, 9000}) {
    Store(Key("a"), text);
    Patch(OnlyFile(), at, '!');
    EXPECT_FALSE(cache_->Find(Key("a"))) << "patched at " << at;
    Store(Key("a"), text);
    EXPECT_TRUE(cache_->Find(Key("a"))) << "patched at " << at;
  }
}

TEST_F(CompiledCacheTest, ATruncatedOrForeignEntryIsAMiss) {
  Store(Key("a"), std::string(10'000, 'x'));
  const fs::path file = OnlyFile();
  for (const std::uintmax_t size : {14095U, 5000U, 4096U, 100U, 0U}) {
    fs::resize_file(file, size);
    EXPECT_FALSE(cache_->Find(Key("a"))) << size;
  }
  fs::remove(file);
  fs::create_directory(file);
  EXPECT_FALSE(cache_->Find(Key("a")));
}

TEST_F(CompiledCacheTest, AnEntryUnderAnotherKeysNameIsAMiss) {
  Store(Key("a"), "text");
  const fs::path a = OnlyFile();
  fs::copy_file(a, cache_->directory() / (Key("b").Hex() + ".compiled"));
  EXPECT_FALSE(cache_->Find(Key("b")));
}

TEST_F(CompiledCacheTest, ALinkIsAMiss) {
  Store(Key("a"), "text");
  const fs::path elsewhere = dir_.path() / "elsewhere";
  const fs::path file = OnlyFile();
  fs::rename(file, elsewhere);
  fs::create_symlink(elsewhere, file);
  EXPECT_FALSE(cache_->Find(Key("a")));
}

TEST_F(CompiledCacheTest, AWriterThatFailsLeavesNothingBehind) {
  EXPECT_THAT(
      cache_->Store(Key("a"), {}, [](std::ostream& out) { out.setstate(std::ios::failbit); }),
      Fails(ErrorCode::kRuntimeError, testing::HasSubstr("can't write ")));
  EXPECT_THROW(
      (void)cache_->Store(Key("a"), {}, [](std::ostream&) { throw std::runtime_error("no"); }),
      std::runtime_error);
  EXPECT_EQ(FileCount(), 0U);
}

TEST_F(CompiledCacheTest, WritersOfOneKeyDontDisturbReaders) {
  Store(Key("a"), std::string(5'000, 'x'));
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      for (int round = 0; round < 20; ++round) Store(Key("a"), std::string(5'000, 'x'));
    });
    threads.emplace_back([this] {
      for (int round = 0; round < 50; ++round) ASSERT_TRUE(cache_->Find(Key("a")));
    });
  }
  threads.clear();
  EXPECT_EQ(FileCount(), 1U);
}

TEST_F(CompiledCacheTest, RemoveMakesAMiss) {
  Store(Key("a"), "text");
  cache_->Remove(Key("a"));
  EXPECT_FALSE(cache_->Find(Key("a")));
}

TEST_F(CompiledCacheTest, WhatAKilledWriterLeftGoesAfterAnHour) {
  const std::string key = Key("a").Hex();
  const fs::path fresh = dir_.Write("cache/" + key + ".1.0.tmp", "");
  const fs::path old = dir_.Write("cache/" + key + ".1.1.tmp", "");
  fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(2));
  ASSERT_THAT(CompiledCache::Open(cache_->directory()), IsOk());
  EXPECT_TRUE(fs::exists(fresh));
  EXPECT_FALSE(fs::exists(old));
}

TEST_F(CompiledCacheTest, ADirectoryThatOthersMayWriteIsRefused) {
  fs::permissions(cache_->directory(), fs::perms::group_write, fs::perm_options::add);
  EXPECT_THAT(CompiledCache::Open(cache_->directory()),
              Fails(ErrorCode::kRuntimeError, testing::HasSubstr("other users can write to ")));
}

TEST_F(CompiledCacheTest, SaysWhichDirectoryItCantUse) {
  const fs::path file = dir_.Write("file", "text");
  EXPECT_THAT(CompiledCache::Open(file),
              Fails(ErrorCode::kRuntimeError,
                    "can't use " + file.string() + " as the cache directory: Not a directory"));
}

TEST(CacheKey, KeepsFieldsApart) {
  CacheKey::Builder one;
  one.Add("ab");
  one.Add("c");
  CacheKey::Builder other;
  other.Add("a");
  other.Add("bc");
  EXPECT_NE(one.Finish().Hex(), other.Finish().Hex());
  EXPECT_EQ(Key("a").Hex(), Key("a").Hex());
}

std::string ContentKey(const fs::path& path) {
  CacheKey::Builder builder;
  EXPECT_THAT(builder.AddContent(path), IsOk());
  return builder.Finish().Hex();
}

TEST(CacheKey, CoversADirectorysNamesAndContents) {
  const TempDir dir;
  dir.Write("model/a", "1");
  dir.Write("model/sub/b", "2");
  const std::string before = ContentKey(dir.path() / "model");
  EXPECT_EQ(ContentKey(dir.path() / "model"), before);
  dir.Write("model/sub/b", "3");
  const std::string changed = ContentKey(dir.path() / "model");
  EXPECT_NE(changed, before);
  dir.Write("model/sub/b", "2");
  EXPECT_EQ(ContentKey(dir.path() / "model"), before);
  fs::rename(dir.path() / "model/sub/b", dir.path() / "model/sub/c");
  EXPECT_NE(ContentKey(dir.path() / "model"), before);
}

TEST(CacheKey, FollowsLinkedDirectories) {
  const TempDir dir;
  dir.Write("elsewhere/weights", "1");
  fs::create_directory(dir.path() / "model");
  fs::create_directory_symlink("../elsewhere", dir.path() / "model/variables");
  const std::string before = ContentKey(dir.path() / "model");
  dir.Write("elsewhere/weights", "2");
  EXPECT_NE(ContentKey(dir.path() / "model"), before);
}

TEST(CacheKey, SaysWhichFileItCantRead) {
  CacheKey::Builder builder;
  EXPECT_THAT(builder.AddContent("/nowhere/model.onnx"),
              FailsInDetail(ErrorCode::kRuntimeError,
                            "can't read /nowhere/model.onnx: No such file or directory"));
}

}  // namespace
}  // namespace namesake
