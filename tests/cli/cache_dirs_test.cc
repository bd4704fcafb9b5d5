#include "cli/cache_dirs.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "support/environment.h"
#include "support/matchers.h"
#include "support/temp_dir.h"

namespace namesake::cli {
namespace {

using test::Environment;
using test::Fails;
using test::IsOk;

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

TEST(CacheDirs, SaysWhyThereIsNone) {
  const Environment home("HOME", nullptr);
  const auto warning = [](const char* xdg_cache_home) {
    const Environment xdg("XDG_CACHE_HOME", xdg_cache_home);
    testing::internal::CaptureStderr();
    EXPECT_EQ(PrepareCacheDirs(UseCache::kYes, std::nullopt)->models, std::nullopt);
    return testing::internal::GetCapturedStderr();
  };
  const std::string unset =
      "namesake: warning: nothing is cached: neither XDG_CACHE_HOME nor HOME is set; set "
      "--cache-dir\n";
  EXPECT_EQ(warning(nullptr), unset);
  EXPECT_EQ(warning(""), unset);
  EXPECT_EQ(warning("relative"),
            "namesake: warning: nothing is cached: XDG_CACHE_HOME is not an absolute path, and "
            "HOME is not set; set --cache-dir\n");
}

TEST(CacheDirs, AChosenOneMustWork) {
  const test::TempDir dir;
  const auto file = dir.Write("file", "");
  EXPECT_THAT(PrepareCacheDirs(UseCache::kYes, file),
              Fails(ErrorCode::kRuntimeError,
                    "can't use " + file.string() + " as the cache directory: Not a directory"));
  const auto dirs = PrepareCacheDirs(UseCache::kYes, dir.path() / "new/deep");
  ASSERT_THAT(dirs, IsOk());
  EXPECT_TRUE(std::filesystem::is_directory(dir.path() / "new/deep/models"));
}

}  // namespace
}  // namespace namesake::cli
