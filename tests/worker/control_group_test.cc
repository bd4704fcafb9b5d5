#include "worker/control_group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "worker/hostile.h"

namespace namesake::worker {
namespace {

namespace fs = std::filesystem;
using test::FailsInDetail;
using test::IsOk;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kMib = 1 << 20;

std::string Read(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> GroupsIn(const fs::path& group) {
  std::vector<fs::path> groups;
  for (const auto& entry : fs::directory_iterator(group)) {
    if (entry.is_directory()) groups.push_back(entry.path());
  }
  return groups;
}

// A group of the tests' own in whichever hierarchy has the memory controller, as an administrator
// would leave one to a host.
class ControlGroups : public Hostile {
 protected:
  void SetUp() override {
    Hostile::SetUp();
    const std::string name = "namesake-test-" + std::to_string(::getpid());
    for (const char* const root : {"/sys/fs/cgroup/memory", "/sys/fs/cgroup"}) {
      const bool has_memory = fs::exists(fs::path(root) / "memory.limit_in_bytes") ||
                              Read(fs::path(root) / "cgroup.controllers").contains("memory");
      if (!has_memory || ::mkdir((fs::path(root) / name).c_str(), 0755) != 0) continue;
      parent_ = fs::path(root) / name;
      return;
    }
    GTEST_SKIP() << "only root may make control groups, where their file system can be written";
  }
  void TearDown() override {
    if (!parent_.empty()) {
      EXPECT_TRUE(Eventually([&] { return GroupsIn(parent_).empty(); }));
      EXPECT_EQ(::rmdir(parent_.c_str()), 0) << std::strerror(errno);
    }
    Hostile::TearDown();
  }

  void LimitTo(std::uint64_t bytes) {
    AccountLimits limits;
    limits.total(Resource::kWorkerMemory) = bytes;
    UseUser(limits);
  }

  std::unique_ptr<Backend> Grouped(const fs::path& group) {
    return Program("", std::chrono::milliseconds(100), {.spare = false, .control_group = group});
  }

  fs::path parent_;
};

TEST_F(ControlGroups, EndAProcessThatTakesMore) {
  auto group = ControlGroup::Make(parent_);
  ASSERT_THAT(group, IsOk());
  const pid_t process = ::fork();
  if (process == 0) {
    ::raise(SIGSTOP);
    std::vector<char> memory(256 * kMib, 'x');
    ::_exit(memory[kMib] == 'x' ? 0 : 1);
  }
  ASSERT_GT(process, 0);
  int status = 0;
  ::waitpid(process, &status, WUNTRACED);
  ASSERT_THAT((*group)->Confine(process, 64 * kMib), IsOk());
  EXPECT_FALSE((*group)->RanOut());
  Signal(process, SIGCONT);
  ::waitpid(process, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  EXPECT_TRUE((*group)->RanOut());
}

TEST_F(ControlGroups, OfHostsThatHaveEndedAreRemoved) {
  // Beyond any process id.
  ASSERT_EQ(::mkdir((parent_ / "namesake-999999999-1").c_str(), 0755), 0);
  ASSERT_EQ(::mkdir((parent_ / "another").c_str(), 0755), 0);
  const auto group = ControlGroup::Make(parent_);
  ASSERT_THAT(group, IsOk());
  EXPECT_FALSE(fs::exists(parent_ / "namesake-999999999-1"));
  EXPECT_TRUE(fs::exists(parent_ / "another"));
  ASSERT_EQ(::rmdir((parent_ / "another").c_str()), 0);
}

TEST_F(ControlGroups, HaveAWorkerWithItsUsersLimit) {
  LimitTo(300 * kMib);
  const auto backend = Grouped(parent_);
  const auto graph = Load(*backend);
  ASSERT_THAT(graph, IsOk());
  const auto workers = WorkersOf(ProgramPath());
  ASSERT_EQ(workers.size(), 1U);
  EXPECT_TRUE(Eventually([&] { return GroupsIn(parent_).size() == 1; }));
  const fs::path group = GroupsIn(parent_).front();
  // The group is made first.
  EXPECT_TRUE(Eventually(
      [&] { return Read(group / "cgroup.procs") == std::to_string(workers.front()) + "\n"; }));
  const char* const file =
      fs::exists(group / "memory.max") ? "memory.max" : "memory.limit_in_bytes";
  EXPECT_EQ(Read(group / file), std::to_string(300 * kMib) + "\n");
}

TEST_F(ControlGroups, MakeTheEndOfAWorkerAShortage) {
  LimitTo(300 * kMib);
  const auto backend = Grouped(parent_);
  const auto graph = Load(*backend, {{"compute", "take memory"}});
  ASSERT_THAT(graph, IsOk());
  // The watch may be the first to see it.
  EXPECT_THAT(Compute(*NewContext(**graph), Deadline::Never()),
              test::Fails(ErrorCode::kResourceExhausted,
                          "the worker took more memory than max_worker_memory_bytes allows"));
}

TEST_F(ControlGroups, AreNotMadeWithoutALimit) {
  const auto backend = Grouped(parent_);
  ExpectUsable(*backend);
  EXPECT_THAT(GroupsIn(parent_), IsEmpty());
}

TEST_F(Hostile, AFolderIsNoControlGroup) {
  EXPECT_THAT(ControlGroup::Make(dir_.path()),
              FailsInDetail(ErrorCode::kRuntimeError,
                            "can't limit a worker's memory: " + dir_.path().string() +
                                " is no control group with the memory controller; see "
                                "worker_cgroup"));
  const fs::path missing = dir_.path() / "missing";
  EXPECT_THAT(ControlGroup::Make(missing),
              FailsInDetail(ErrorCode::kRuntimeError,
                            "can't limit a worker's memory in " + missing.string() +
                                ": mkdir: No such file or directory; see worker_cgroup"));
  // The worker is there all the same.
  AccountLimits limits;
  limits.total(Resource::kWorkerMemory) = 300 * kMib;
  UseUser(limits);
  const auto backend =
      Program("", std::chrono::milliseconds(100), {.spare = false, .control_group = missing});
  ExpectUsable(*backend);
  EXPECT_TRUE(Eventually([&] { return log_.Count("can't limit a worker's memory in") == 1; }));
}

}  // namespace
}  // namespace namesake::worker
