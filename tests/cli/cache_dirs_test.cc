#include "cli/cache_dirs.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "support/matchers.h"
#include "support/temp_dir.h"

namespace namesake::cli {
namespace {

using test::Fails;
using test::IsOk;

// Sets a variable for the length of a test.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    Set(value);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() { Set(before_ ? before_->c_str() : nullptr); }

 private:
  void Set(const char* value) {
    if (value == nullptr) {
      ::unsetenv(name_);
    } else {
      ::setenv(name_, value, 1);
    }
  }

  const char* name_;
  std::optional<std::string> before_;
};

TEST(CacheDirs, FollowTheXdgSpecification) {
  const test::TempDir dir;
  const Environment home("HOME", dir.path().c_str());
  {
    const Environment xdg("XDG_CACHE_HOME", (dir.path() / "xdg").c_str());
    const auto dirs = PrepareCacheDirs(UseCache::kYes, std::nullopt);
    ASSERT_THAT(dirs, IsOk());
    EXPECT_EQ(dirs->models, dir.path() / "xdg/namesake/models");
    EXPECT_TRUE(std::filesystem::is_directory(*dirs->modules));
  }
  for (const char* ignored : {static_cast<const char*>(nullptr), "", "relative"}) {
    const Environment xdg("XDG_CACHE_HOME", ignored);
    EXPECT_EQ(PrepareCacheDirs(UseCache::kYes, std::nullopt)->models,
              dir.path() / ".cache/namesake/models");
  }
}

TEST(CacheDirs, AreEmptyWhereNothingIsToBeKeptOrCanBe) {
  EXPECT_EQ(PrepareCacheDirs(UseCache::kNo, std::nullopt)->models, std::nullopt);
  const test::TempDir dir;
  dir.Write("xdg", "a file");
  const Environment xdg("XDG_CACHE_HOME", (dir.path() / "xdg").c_str());
  EXPECT_EQ(PrepareCacheDirs(UseCache::kYes, std::nullopt)->models, std::nullopt);
}

TEST(CacheDirs, AChosenOneMustWork) {
  const test::TempDir dir;
  const auto file = dir.Write("file", "");
  EXPECT_THAT(PrepareCacheDirs(UseCache::kYes, file),
              Fails(ErrorCode::kRuntimeError,
                    "can't use " + file.string() + " as cache directory: Not a directory"));
  const auto dirs = PrepareCacheDirs(UseCache::kYes, dir.path() / "new/deep");
  ASSERT_THAT(dirs, IsOk());
  EXPECT_TRUE(std::filesystem::is_directory(dir.path() / "new/deep/models"));
}

}  // namespace
}  // namespace namesake::cli
