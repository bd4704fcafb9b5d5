// The first step into the sandbox, which must hold on its own: it is what is left if the filter of
// system calls has a hole.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

#include "backend_program/landlock.h"
#include "backend_program/sandboxed.h"
#include "support/temp_dir.h"

namespace namesake::backend_program {
namespace {

using ::testing::HasSubstr;

class ConfineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (LandlockVersion() == 0) GTEST_SKIP() << "the kernel has no Landlock";
  }

  static Ended Try(const std::function<long()>& call) {
    return RunInChild([&](Child& child) {
      child.Must(Confine(LooseOptions()));
      child.ReportOutcome(call() != -1);
    });
  }
};

// Reports the error of Confine, or what is missing.
Ended ErrorOf(const std::function<ConfineOptions()>& prepare) {
  return RunInChild([&](Child& child) {
    const auto confined = Confine(prepare());
    if (!confined) return child.Report(confined.error().detail());
    for (const std::string& missing : *confined) child.Report(missing);
  });
}

void RefuseLandlock() {
  void* const filter = ::seccomp_init(SCMP_ACT_ALLOW);
  ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0);
  ::seccomp_load(filter);
}

TEST_F(ConfineTest, ReadsOnlyWhatIsNamed) {
  EXPECT_EQ(Try([] { return ::open("/etc/passwd", O_RDONLY); }), Reported("EACCES"));
  EXPECT_EQ(Try([] { return ::open("/proc/self/maps", O_RDONLY); }), Reported("EACCES"));
  EXPECT_EQ(Try([] { return ::open("/", O_RDONLY | O_DIRECTORY); }), Reported("EACCES"));
  const auto ended = RunInChild([](Child& child) {
    ConfineOptions options = LooseOptions();
    options.readable = {"/sys/devices/system/cpu", "/proc/cpuinfo", "/does/not/exist"};
    child.Must(Confine(options));
    child.ReportOutcome(::open("/sys/devices/system/cpu/online", O_RDONLY) != -1);
    child.ReportOutcome(::open("/proc/cpuinfo", O_RDONLY) != -1);
    child.ReportOutcome(::open("/proc/meminfo", O_RDONLY) != -1);
  });
  EXPECT_EQ(ended, Reported("donedoneEACCES"));
}

TEST_F(ConfineTest, WritesAndRunsNothing) {
  const test::TempDir directory;
  const std::string path = directory.path() / "new";
  EXPECT_EQ(Try([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT, 0600); }),
            Reported("EACCES"));
  EXPECT_EQ(Try([&] { return ::mkdir(path.c_str(), 0700); }), Reported("EACCES"));
  EXPECT_EQ(Try([&] { return ::rmdir(directory.path().c_str()); }), Reported("EACCES"));
  const auto ended = RunInChild([](Child& child) {
    ConfineOptions options = LooseOptions();
    options.readable = {"/"};
    child.Must(Confine(options));
    child.ReportOutcome(::execl("/bin/true", "true", nullptr) != -1);
  });
  EXPECT_EQ(ended, Reported("EACCES"));
}

TEST_F(ConfineTest, ReachesNobody) {
  const int version = LandlockVersion();
  const auto connect = [] {
    struct sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(9);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(::socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<const sockaddr*>(&address),
                     sizeof address);
  };
  if (version >= 4) {
    EXPECT_EQ(Try(connect), Reported("EACCES"));
  }
  const pid_t parent = ::getpid();
  if (version >= 6) {
    EXPECT_EQ(Try([&] { return ::kill(parent, 0); }), Reported("EPERM"));
  }
}

TEST_F(ConfineTest, LowersLimitsForGood) {
  const auto ended = RunInChild([](Child& child) {
    ConfineOptions options = LooseOptions();
    options.max_open_files = 32;
    child.Must(Confine(options));
    child.Must(LimitData(64U << 20));
    struct rlimit limit{};
    ::getrlimit(RLIMIT_CORE, &limit);
    child.Report(std::to_string(limit.rlim_max) + " ");
    ::getrlimit(RLIMIT_NOFILE, &limit);
    child.Report(std::to_string(limit.rlim_max) + " ");
    limit.rlim_max = limit.rlim_cur = 64;
    child.ReportOutcome(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    void* const large = std::malloc(256U << 20);
    child.ReportOutcome(large != nullptr);
  });
  EXPECT_EQ(ended, Reported("0 32 EPERMENOMEM"));
}

TEST_F(ConfineTest, KeepsNoPrivilegeButToRead) {
  const auto ended = RunInChild([](Child& child) {
    child.Must(Confine(LooseOptions()));
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, 2> sets{};
    ::syscall(SYS_capget, &header, sets.data());
    const bool none = (sets[0].permitted & ~(1U << CAP_DAC_READ_SEARCH)) == 0 &&
                      sets[1].permitted == 0 && sets[0].effective == sets[0].permitted;
    child.Report(none ? "none" : "some");
    child.Report(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? ", no new ones" : "");
  });
  EXPECT_EQ(ended, Reported("none, no new ones"));
}

// The inode of the namespace that this process is in.
ino_t Namespace(const char* kind) {
  struct stat status{};
  ::stat((std::string("/proc/self/ns/") + kind).c_str(), &status);
  return status.st_ino;
}

// As root, and as somebody who needs a namespace of users for them, where the system grants one.
TEST_F(ConfineTest, LeavesTheNamespacesOfOthers) {
  for (const uid_t user : {::getuid(), uid_t{65534}}) {
    const auto become = [user] { return user == ::getuid() || ::setuid(user) == 0; };
    const auto granted = RunInChild([&](Child& child) {
      constexpr int kOwn = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
      if (!become()) return;
      const bool is = ::unshare(kOwn) == 0 || ::unshare(CLONE_NEWUSER | kOwn) == 0;
      child.Report(is ? "3 of its own, ended with its parent, 0 capabilities" : "0");
    });
    const auto ended = RunInChild([&](Child& child) {
      if (!become()) return;
      constexpr std::array<const char*, 3> kKinds = {"net", "ipc", "uts"};
      std::array<ino_t, 3> before{};
      std::ranges::transform(kKinds, before.begin(), Namespace);
      child.Must(Confine(LooseOptions()));
      int own = 0;
      for (std::size_t i = 0; i < kKinds.size(); ++i) {
        if (Namespace(kKinds[i]) != before[i]) ++own;
      }
      if (own == 0) return child.Report("0");
      int signal = 0;
      ::prctl(PR_GET_PDEATHSIG, &signal);
      __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
      std::array<__user_cap_data_struct, 2> sets{};
      ::syscall(SYS_capget, &header, sets.data());
      const auto capabilities = std::popcount(sets[0].effective & ~(1U << CAP_DAC_READ_SEARCH)) +
                                std::popcount(sets[1].effective);
      child.Report(fmt::format("{} of its own, {}, {} capabilities", own,
                               signal == SIGKILL ? "ended with its parent" : "left alone",
                               capabilities));
    });
    EXPECT_EQ(ended, granted);
  }
}

TEST_F(ConfineTest, NeedsOneThreadAndItsParent) {
  const auto threads = ErrorOf([] {
    std::thread([] { ::pause(); }).detach();
    return LooseOptions();
  });
  EXPECT_EQ(threads, Reported("2 threads run before the sandbox"));
  const auto orphan = ErrorOf([] {
    ConfineOptions options = LooseOptions();
    options.parent = 1;
    return options;
  });
  EXPECT_EQ(orphan, Reported("the process that started the backend has ended"));
}

TEST(Confine, NamesWhatTheKernelLacks) {
  const auto required = ErrorOf([] {
    RefuseLandlock();
    return LooseOptions();
  });
  EXPECT_EQ(required.exit_code, 0);
  EXPECT_THAT(required.report, HasSubstr("the kernel has no Landlock"));
  EXPECT_THAT(required.report, HasSubstr("sandbox = \"best effort\""));
  const auto best_effort = ErrorOf([] {
    RefuseLandlock();
    ConfineOptions options = LooseOptions();
    options.strictness = Strictness::kBestEffort;
    return options;
  });
  EXPECT_EQ(best_effort, Reported("Landlock, which keeps a backend's process from files"));
}

TEST(Confine, EndsWithItsParent) {
  // This returns when nobody can report any more.
  const auto ended = RunInChild([](Child& child) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) return child.ReportOutcome(false);
    if (::fork() == 0) {
      child.Must(Confine(LooseOptions()));
      child.Report("confined");
      static_cast<void>(::write(pipe[1], "c", 1));
      ::sleep(20);
      child.Report("survived");
      ::_exit(0);
    }
    char confined = 0;
    static_cast<void>(::read(pipe[0], &confined, 1));
  });
  EXPECT_EQ(ended, Reported("confined"));
}

}  // namespace
}  // namespace namesake::backend_program
