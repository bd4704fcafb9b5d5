#include "base/processors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;

class Processors : public testing::Test {
 protected:
  void Write(const fs::path& file, const std::string& text) const {
    fs::create_directories((temp_.path() / file).parent_path());
    std::ofstream(temp_.path() / file) << text;
  }
  std::optional<unsigned> Quota(const std::string& groups) const {
    Write("cgroup", groups);
    return base::QuotaOf(temp_.path() / "cgroup", temp_.path() / "fs");
  }

  test::TempDir temp_;
};

TEST_F(Processors, AQuotaIsTheLeastOfAGroupAndThoseAboveIt) {
  Write("fs/cpu.max", "max 100000\n");
  Write("fs/slice/cpu.max", "250000 100000\n");
  Write("fs/slice/unit/cpu.max", "400000 100000\n");
  Write("fs/slice/unit/own/cpu.max", "max 100000\n");
  EXPECT_EQ(Quota("0::/slice/unit/own\n"), 3U);
  EXPECT_EQ(Quota("0::/slice/unit\n"), 3U);
  EXPECT_EQ(Quota("0::/slice\n"), 3U);
  EXPECT_EQ(Quota("0::/\n"), std::nullopt);
}

TEST_F(Processors, APartOfAProcessorCountsAsOne) {
  Write("fs/cpu.max", "1000 100000\n");
  EXPECT_EQ(Quota("0::/\n"), 1U);
}

// A container sees its own group as the root, but may be told its path outside.
TEST_F(Processors, AGroupThatIsNotMountedHasTheQuotaOfTheRoot) {
  Write("fs/cpu.max", "200000 100000\n");
  EXPECT_EQ(Quota("0::/docker/1f\n"), 2U);
}

TEST_F(Processors, AQuotaOfVersion1IsBesideItsController) {
  Write("fs/cpu,cpuacct/box/cpu.cfs_quota_us", "150000\n");
  Write("fs/cpu,cpuacct/box/cpu.cfs_period_us", "100000\n");
  Write("fs/cpu,cpuacct/free/cpu.cfs_quota_us", "-1\n");
  Write("fs/cpu,cpuacct/free/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Quota("5:cpuset:/box\n4:cpu,cpuacct:/box\n"), 2U);
  EXPECT_EQ(Quota("4:cpu,cpuacct:/free\n"), std::nullopt);
  EXPECT_EQ(Quota("5:cpuset:/box\n"), std::nullopt);
}

TEST_F(Processors, WhatCantBeReadSetsNoQuota) {
  EXPECT_EQ(base::QuotaOf(temp_.path() / "none", temp_.path() / "fs"), std::nullopt);
  for (const std::string quota : {"", "max", "x y\n", "0 0\n", "100000 0\n", "-5 100000\n"}) {
    Write("fs/cpu.max", quota);
    EXPECT_EQ(Quota("0::/\nnonsense\n:\n"), std::nullopt) << quota;
  }
}

TEST_F(Processors, AreWhatTheMachineHasAtMost) {
  EXPECT_GE(base::Processors(), 1U);
  EXPECT_LE(base::Processors(), std::max(std::thread::hardware_concurrency(), 1U));
}

}  // namespace
}  // namespace namesake
