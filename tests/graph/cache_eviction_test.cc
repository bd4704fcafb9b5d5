// Tests which files the compiled cache removes, and which it leaves alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "graph/cache_directory.h"
#include "namesake/compiled_cache.h"
#include "support/matchers.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using test::Fails;
using test::IsOk;
using test::TempDir;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t kHeaderBytes = 4096;
constexpr std::size_t kEntryBytes = 10'000;
constexpr std::uint64_t kThreeEntries = 3 * kEntryBytes;

CacheKey Key(std::string_view text) {
  CacheKey::Builder builder;
  builder.Add(text);
  return builder.Finish();
}

fs::file_time_type Ago(hours age) { return fs::file_time_type::clock::now() - age; }

// Writes a payload of the first letter of the entry's name.
std::string Payload(std::string_view name, std::size_t entry_bytes = kEntryBytes) {
  return std::string(entry_bytes - kHeaderBytes, name.front());
}

class CacheEvictionTest : public testing::Test {
 protected:
  std::unique_ptr<CompiledCache> Open(std::optional<std::uint64_t> max_bytes) const {
    return CompiledCache::Open(directory_, {.max_bytes = max_bytes}).value();
  }

  static Result<void> TryStore(const CompiledCache& cache, std::string_view name,
                               const FormOrigin& origin, std::size_t bytes = kEntryBytes) {
    return cache.Store(Key(name), origin, [&](std::ostream& out) { out << Payload(name, bytes); });
  }
  void Store(std::string_view name, const FormOrigin& origin = {.backend = "b", .version = "1"},
             std::size_t bytes = kEntryBytes) const {
    ASSERT_THAT(TryStore(*cache_, name, origin, bytes), IsOk());
  }
  // Stores an entry that was used that long ago.
  void StoreOld(std::string_view name, hours age,
                const FormOrigin& origin = {.backend = "b", .version = "1"}) const {
    Store(name, origin);
    fs::last_write_time(PathOf(name), Ago(age));
  }

  fs::path PathOf(std::string_view name) const {
    return directory_ / (Key(name).Hex() + ".compiled");
  }
  // Returns the names from "a" to "f" that have an entry.
  std::vector<std::string> Kept() const {
    std::vector<std::string> kept;
    for (const char* const name : {"a", "b", "c", "d", "e", "f"}) {
      if (fs::exists(PathOf(name))) kept.emplace_back(name);
    }
    return kept;
  }
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& file : fs::directory_iterator(directory_)) {
      names.push_back(file.path().filename());
    }
    return names;
  }

  TempDir dir_;
  fs::path directory_ = dir_.path() / "cache";
  std::unique_ptr<CompiledCache> cache_ = Open(kThreeEntries);
};

TEST_F(CacheEvictionTest, TheOneNotUsedForLongestGoes) {
  StoreOld("a", hours(4));
  StoreOld("b", hours(3));
  StoreOld("c", hours(2));
  EXPECT_THAT(Kept(), ElementsAre("a", "b", "c"));
  EXPECT_TRUE(cache_->Find(Key("a")));
  Store("d");
  EXPECT_THAT(Kept(), ElementsAre("a", "c", "d"));
}

// A worker gets a file in place of a map; its host has found the entry all the same.
TEST_F(CacheEvictionTest, AFileForAnotherProcessIsAUse) {
  StoreOld("a", hours(4));
  StoreOld("b", hours(3));
  StoreOld("c", hours(2));
  EXPECT_TRUE(cache_->FindFile(Key("a")));
  Store("d");
  EXPECT_THAT(Kept(), ElementsAre("a", "c", "d"));
}

TEST_F(CacheEvictionTest, AsManyGoAsItTakes) {
  StoreOld("a", hours(4));
  StoreOld("b", hours(3));
  StoreOld("c", hours(2));
  Store("d", {}, kEntryBytes + 1);
  EXPECT_THAT(Kept(), ElementsAre("c", "d"));
}

TEST_F(CacheEvictionTest, WithoutALimitNothingGoes) {
  cache_ = Open(std::nullopt);
  for (const char* const name : {"a", "b", "c", "d", "e"}) StoreOld(name, hours(2));
  EXPECT_THAT(Kept(), ElementsAre("a", "b", "c", "d", "e"));
}

TEST_F(CacheEvictionTest, ThoseOfOtherVersionsGoFirst) {
  StoreOld("a", hours(4), {.backend = "b", .version = "2"});
  StoreOld("b", hours(2), {.backend = "b", .version = "1"});
  StoreOld("c", hours(3), {.backend = "b", .version = "2"});
  Store("d", {.backend = "b", .version = "2"});
  EXPECT_THAT(Kept(), ElementsAre("a", "c", "d"));
}

TEST_F(CacheEvictionTest, AnotherBackendsVersionIsItsOwn) {
  StoreOld("a", hours(4), {.backend = "b", .version = "2"});
  StoreOld("b", hours(2), {.backend = "other", .version = "1"});
  StoreOld("c", hours(3), {.backend = "b", .version = "2"});
  Store("d", {.backend = "b", .version = "2"});
  EXPECT_THAT(Kept(), ElementsAre("b", "c", "d"));
  cache_->UseVersion("other", "2");
  Store("e", {.backend = "b", .version = "2"});
  EXPECT_THAT(Kept(), ElementsAre("c", "d", "e"));
}

TEST_F(CacheEvictionTest, AVersionOfAnyLengthIsComparedByWhatIsKept) {
  const std::string version(1000, '7');
  StoreOld("a", hours(2), {.backend = "b", .version = version});
  StoreOld("b", hours(4), {.backend = "b", .version = version});
  StoreOld("c", hours(3), {.backend = "b", .version = "1"});
  Store("d", {.backend = "b", .version = version});
  EXPECT_THAT(Kept(), ElementsAre("a", "b", "d"));
}

// As written before entries told by which version they were made.
TEST_F(CacheEvictionTest, EntriesOfTheOldFormatGoFirst) {
  StoreOld("a", hours(4));
  StoreOld("b", hours(3));
  StoreOld("c", hours(2));
  {
    std::fstream file(PathOf("c"), std::ios::in | std::ios::out | std::ios::binary);
    file << "NAMESKC1";
  }
  fs::last_write_time(PathOf("c"), Ago(hours(1)));
  EXPECT_FALSE(cache_->Find(Key("c")));
  Store("d");
  EXPECT_THAT(Kept(), ElementsAre("a", "b", "d"));
}

TEST_F(CacheEvictionTest, TheOneJustStoredStays) {
  for (const char* const name : {"a", "b", "c"}) StoreOld(name, hours(-1));
  Store("d");
  EXPECT_THAT(Kept(), testing::SizeIs(3));
  EXPECT_TRUE(fs::exists(PathOf("d")));
  Store("e", {}, kThreeEntries);
  EXPECT_THAT(Kept(), ElementsAre("e"));
}

TEST_F(CacheEvictionTest, OneBeyondTheLimitIsNotStored) {
  Store("a");
  Store("b");
  for (const char* const name : {"b", "c"}) {
    EXPECT_THAT(TryStore(*cache_, name, {}, kThreeEntries + 1),
                Fails(ErrorCode::kTooLarge,
                      "its compiled form of 29.3 KiB exceeds the limit max_cache_bytes = 30 kB of "
                      "the host"));
  }
  EXPECT_THAT(Files(), testing::SizeIs(2));
  EXPECT_EQ(cache_->Find(Key("b"))->payload().size(), kEntryBytes - kHeaderBytes);
}

// Makes things in the cache's directory that are not its own.
class ForeignFilesTest : public CacheEvictionTest {
 protected:
  // A file of ten times the limit, which was not used for two hours.
  fs::path Write(const std::string& name) const {
    const fs::path file = dir_.Write("cache/" + name, std::string(10 * kThreeEntries, 'x'));
    fs::last_write_time(file, Ago(hours(2)));
    return file;
  }
  std::vector<std::string> MakeAll() const {
    const std::string key = Key("x").Hex();
    std::string upper = key;
    upper.front() = 'A';
    Write("notes.txt");
    Write("notes.tmp");
    Write("notes.compiled");
    Write(key);
    Write(key + ".compiled.old");
    Write(key + ".compiled.tmp.old");
    Write(key + "0.compiled");
    Write(key.substr(1) + ".compiled");
    Write(key + "tmp");
    Write(upper + ".compiled");
    Write(upper + ".1.0.tmp");
    // As another user could have written them.
    fs::permissions(Write(Key("writable").Hex() + ".compiled"), fs::perms::others_write,
                    fs::perm_options::add);
    fs::permissions(Write(Key("writable").Hex() + ".1.0.tmp"), fs::perms::others_write,
                    fs::perm_options::add);
    fs::create_directory(directory_ / (Key("folder").Hex() + ".compiled"));
    const fs::path elsewhere = dir_.Write("elsewhere", std::string(10 * kThreeEntries, 'x'));
    fs::last_write_time(elsewhere, Ago(hours(2)));
    fs::create_symlink(elsewhere, directory_ / (Key("link").Hex() + ".compiled"));
    fs::create_symlink(elsewhere, directory_ / (key + ".1.0.tmp"));
    // A file that is being written.
    fs::last_write_time(Write(key + ".2.0.tmp"), Ago(hours(0)));
    return Files();
  }
};

TEST_F(ForeignFilesTest, StayAndCountAsNothing) {
  std::vector<std::string> expected = MakeAll();
  cache_ = Open(kThreeEntries);
  for (const char* const name : {"a", "b", "c"}) StoreOld(name, hours(2));
  EXPECT_THAT(Kept(), ElementsAre("a", "b", "c"));
  Store("d");
  for (const fs::path& entry : {PathOf("a"), PathOf("b"), PathOf("c"), PathOf("d")}) {
    if (fs::exists(entry)) expected.push_back(entry.filename());
  }
  EXPECT_THAT(Kept(), testing::SizeIs(3));
  EXPECT_THAT(Files(), testing::UnorderedElementsAreArray(expected));
  EXPECT_TRUE(fs::exists(dir_.path() / "elsewhere"));
}

TEST_F(ForeignFilesTest, AreNotListedOrCleared) {
  const std::vector<std::string> expected = MakeAll();
  EXPECT_THAT(cache_->Entries().value(), IsEmpty());
  const auto removed = cache_->Clear();
  ASSERT_THAT(removed, IsOk());
  EXPECT_EQ(removed->entries, 0U);
  EXPECT_THAT(Files(), testing::UnorderedElementsAreArray(expected));
  EXPECT_TRUE(fs::exists(dir_.path() / "elsewhere"));
}

TEST_F(CacheEvictionTest, AStoreRemovesWhatAKilledWriterLeft) {
  const fs::path old = dir_.Write("cache/" + Key("x").Hex() + ".1.0.tmp", "");
  fs::last_write_time(old, Ago(hours(2)));
  Store("a");
  EXPECT_FALSE(fs::exists(old));
}

// A caller that has found an entry may use it after its removal.
TEST_F(CacheEvictionTest, AnEntryInUseStaysReadable) {
  StoreOld("a", hours(2));
  const auto mapped = cache_->Find(Key("a")).value();
  const auto file = cache_->FindFile(Key("a")).value();
  Store("b", {}, kThreeEntries);
  EXPECT_THAT(Kept(), ElementsAre("b"));
  const auto again = CachedEntry::Map(file.descriptor(), CachedFile::payload_offset()).value();
  const std::string text = Payload("a");
  for (const auto payload : {mapped.payload(), again.payload()}) {
    EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(payload.data()), payload.size()),
              text);
  }
}

// Both store and evict at once, over and over. Each is within the limit when it ends, so both are
// when the last one has ended.
TEST_F(CacheEvictionTest, TwoProcessesShareADirectory) {
  constexpr int kRounds = 60;
  std::vector<::pid_t> children;
  for (const char* const who : {"x", "y"}) {
    const ::pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto cache = Open(kThreeEntries);
      bool all_right = true;
      for (int i = 0; i < kRounds; ++i) {
        const std::string name = who + std::to_string(i);
        all_right = all_right && TryStore(*cache, name, {.backend = "b", .version = "1"});
        for (const char* const other : {"x", "y"}) {
          const std::string text = other + std::to_string(i);
          const auto found = cache->Find(Key(text));
          all_right =
              all_right && (!found || found->payload().size() == kEntryBytes - kHeaderBytes);
        }
      }
      ::_exit(all_right ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const ::pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  const auto entries = cache_->Entries().value();
  EXPECT_GE(entries.size(), 1U);
  EXPECT_LE(entries.size(), 3U);
  EXPECT_EQ(Files().size(), entries.size());
}

TEST_F(CacheEvictionTest, EntriesTellWhatTheyAre) {
  const FormOrigin origin = {
      .backend = "b", .version = "1", .model = "models/photo.onnx", .encoding = "onnx"};
  StoreOld("a", hours(2), origin);
  StoreOld("b", hours(1));
  StoreOld("c", hours(3));
  fs::resize_file(PathOf("c"), 17);
  fs::last_write_time(PathOf("c"), Ago(hours(3)));
  const auto before = std::chrono::system_clock::now() - hours(2);
  const auto entries = cache_->Entries().value();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].key, Key("b").Hex());
  EXPECT_EQ(entries[1].key, Key("a").Hex());
  EXPECT_EQ(entries[1].bytes, kEntryBytes);
  EXPECT_LE(entries[1].last_used, before);
  EXPECT_GT(entries[1].last_used, before - hours(1));
  ASSERT_TRUE(entries[1].origin);
  EXPECT_EQ(entries[1].origin->backend, "b");
  EXPECT_EQ(entries[1].origin->version, "1");
  EXPECT_EQ(entries[1].origin->model, "models/photo.onnx");
  EXPECT_EQ(entries[1].origin->encoding, "onnx");
  EXPECT_FALSE(entries[1].IsOfOtherVersion({}));
  EXPECT_FALSE(entries[1].IsOfOtherVersion({{"b", "1"}}));
  EXPECT_TRUE(entries[1].IsOfOtherVersion({{"b", "2"}}));
  EXPECT_FALSE(entries[2].origin);
  EXPECT_TRUE(entries[2].IsOfOtherVersion({}));
  EXPECT_TRUE(cache_->Find(Key("a")));
  EXPECT_EQ(cache_->Entries()->front().key, Key("a").Hex());
}

// Another process acts between a listing and a removal.
TEST_F(CacheEvictionTest, AFileIsComparedWithWhatWasListed) {
  using Change = graph::CacheDirectory::Change;
  StoreOld("a", hours(2));
  const auto listed = graph::CacheDirectory::List(directory_).value();
  ASSERT_EQ(listed.entries().size(), 1U);
  const auto& file = listed.entries().front();
  EXPECT_EQ(listed.ChangeOf(file), Change::kNone);
  EXPECT_TRUE(cache_->Find(Key("a")));
  EXPECT_EQ(listed.ChangeOf(file), Change::kUsed);
  fs::last_write_time(PathOf("a"), Ago(hours(2)));
  const auto again = graph::CacheDirectory::List(directory_).value();
  const auto time = fs::last_write_time(PathOf("a"));
  // Another file, although as old.
  fs::rename(PathOf("a"), dir_.path() / "former");
  Store("a");
  fs::last_write_time(PathOf("a"), time);
  EXPECT_EQ(again.ChangeOf(again.entries().front()), Change::kUsed);
  EXPECT_EQ(listed.Remove(file), 0);
  EXPECT_EQ(listed.ChangeOf(file), Change::kGone);
  EXPECT_EQ(listed.Remove(file), 0);
  EXPECT_FALSE(fs::exists(PathOf("a")));
}

TEST_F(CacheEvictionTest, ClearRemovesWhatIsChosen) {
  Store("a", {.backend = "b", .version = "1"});
  Store("b", {.backend = "b", .version = "2"});
  Store("c", {.backend = "b", .version = "1"});
  auto removed =
      cache_->Clear([](const EntryStatus& entry) { return entry.IsOfOtherVersion({{"b", "1"}}); });
  ASSERT_THAT(removed, IsOk());
  EXPECT_EQ(removed->entries, 1U);
  EXPECT_EQ(removed->bytes, kEntryBytes);
  EXPECT_THAT(Kept(), ElementsAre("a", "c"));
  removed = cache_->Clear();
  ASSERT_THAT(removed, IsOk());
  EXPECT_EQ(removed->entries, 2U);
  EXPECT_EQ(removed->bytes, 2 * kEntryBytes);
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(CacheEvictionTest, OpenExistingMakesAndRemovesNothing) {
  const fs::path missing = dir_.path() / "missing";
  EXPECT_THAT(
      CompiledCache::OpenExisting(missing),
      Fails(ErrorCode::kNotFound, "can't use " + missing.string() +
                                      " as the cache directory: No such file or directory"));
  EXPECT_FALSE(fs::exists(missing));
  const fs::path old = dir_.Write("cache/" + Key("x").Hex() + ".1.0.tmp", "");
  fs::last_write_time(old, Ago(hours(2)));
  ASSERT_THAT(CompiledCache::OpenExisting(directory_), IsOk());
  EXPECT_TRUE(fs::exists(old));
}

// Acts as a user without rights, if the test is root, to whom a directory that can't be written is
// none.
class AsNobody {
 public:
  static constexpr ::uid_t kNobody = 65534;

  AsNobody() : is_root_(::geteuid() == 0) {
    EXPECT_TRUE(!is_root_ || ::setresuid(kNobody, kNobody, 0) == 0);
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
  ~AsNobody() { EXPECT_TRUE(!is_root_ || ::setresuid(0, 0, 0) == 0); }

 private:
  bool is_root_;
};

class ReadOnlyCacheTest : public CacheEvictionTest {
 protected:
  // Gives the directory to the user of AsNobody, who then may not write it, but its files.
  void MakeReadOnly() const {
    if (::geteuid() == 0) {
      fs::permissions(dir_.path(), fs::perms{0755});
      for (const auto& file : fs::directory_iterator(directory_)) GiveAway(file.path());
      GiveAway(directory_);
    }
    fs::permissions(directory_, fs::perms{0500});
  }
  ~ReadOnlyCacheTest() override { fs::permissions(directory_, fs::perms{0700}); }

 private:
  static void GiveAway(const fs::path& path) {
    ASSERT_EQ(::chown(path.c_str(), AsNobody::kNobody, AsNobody::kNobody), 0);
  }
};

TEST_F(ReadOnlyCacheTest, IsOnlyRead) {
  for (const char* const name : {"a", "b", "c"}) StoreOld(name, hours(2));
  const auto time = fs::last_write_time(PathOf("a"));
  const std::string temporary = Key("x").Hex() + ".1.0.tmp";
  fs::last_write_time(dir_.Write("cache/" + temporary, ""), Ago(hours(2)));
  MakeReadOnly();
  const auto files = Files();
  {
    const AsNobody user;
    const auto cache = Open(kEntryBytes);
    EXPECT_TRUE(cache->read_only());
    EXPECT_TRUE(cache->Find(Key("a")));
    EXPECT_TRUE(cache->FindFile(Key("a")));
    EXPECT_EQ(cache->Entries()->size(), 3U);
    EXPECT_THAT(TryStore(*cache, "d", {}),
                Fails(ErrorCode::kRuntimeError, testing::HasSubstr("Permission denied")));
    EXPECT_THAT(cache->Clear(),
                Fails(ErrorCode::kRuntimeError,
                      "can't remove anything from " + directory_.string() + ": Permission denied"));
  }
  EXPECT_THAT(Files(), testing::UnorderedElementsAreArray(files));
  EXPECT_EQ(fs::last_write_time(PathOf("a")), time);
}

TEST_F(ReadOnlyCacheTest, OneThatCanBeWrittenIsMarked) {
  StoreOld("a", hours(2));
  const auto time = fs::last_write_time(PathOf("a"));
  EXPECT_FALSE(cache_->read_only());
  EXPECT_TRUE(cache_->Find(Key("a")));
  EXPECT_GT(fs::last_write_time(PathOf("a")), time);
}

}  // namespace
}  // namespace namesake
