// Tries what the sandbox forbids and what it allows. Each test runs one process.
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <linux/random.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "backend_program/sandboxed.h"
#include "support/temp_dir.h"

namespace namesake::backend_program {
namespace {

// Runs one call in the sandbox, which returns -1 and sets errno when it fails.
Ended Try(const std::function<long()>& call) {
  return RunInSandbox([&](Child& child) { child.ReportOutcome(call() != -1); });
}

TEST(Lock, ReadsNoFile) {
  EXPECT_EQ(Try([] { return ::open("/etc/passwd", O_RDONLY); }), Reported("ENOENT"));
  EXPECT_EQ(Try([] { return ::open("/proc/self/status", O_RDONLY); }), Reported("ENOENT"));
  EXPECT_EQ(Try([] { return ::syscall(SYS_open, "/etc/passwd", O_RDONLY); }), Reported("ENOENT"));
  EXPECT_EQ(Try([] { return ::syscall(SYS_openat, 0, "etc/passwd", O_RDONLY); }),
            Reported("ENOTDIR"));
}

TEST(Lock, FindsNoFile) {
  struct stat status{};
  EXPECT_EQ(Try([&] { return ::stat("/etc/passwd", &status); }), Reported("ENOENT"));
  EXPECT_EQ(Try([&] { return ::lstat("/etc/passwd", &status); }), Reported("ENOENT"));
  EXPECT_EQ(Try([] { return ::access("/etc/passwd", F_OK); }), Reported("ENOENT"));
  struct statx extended{};
  EXPECT_EQ(Try([&] { return ::statx(AT_FDCWD, "/etc/passwd", 0, STATX_ALL, &extended); }),
            Reported("ENOENT"));
  std::array<char, 64> target{};
  EXPECT_EQ(Try([&] { return ::readlink("/proc/self/exe", target.data(), target.size()); }),
            Reported("ENOENT"));
}

TEST(Lock, ListsNoDirectory) {
  EXPECT_EQ(Try([] { return ::opendir("/") != nullptr ? 0 : -1; }), Reported("EACCES"));
  EXPECT_EQ(Try([] { return ::opendir("/etc") != nullptr ? 0 : -1; }), Reported("ENOENT"));
}

TEST(Lock, WritesNoFile) {
  const test::TempDir directory;
  const std::string path = directory.path() / "new";
  EXPECT_EQ(Try([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT, 0600); }), Reported("EROFS"));
  EXPECT_EQ(Try([&] { return ::creat(path.c_str(), 0600); }), Reported("EPERM"));
  EXPECT_EQ(Try([&] { return ::open(directory.path().c_str(), O_TMPFILE | O_RDWR, 0600); }),
            Reported("ENOENT"));
  EXPECT_EQ(Try([&] { return ::mkdir(path.c_str(), 0700); }), Reported("EPERM"));
  EXPECT_EQ(Try([&] { return ::rmdir(directory.path().c_str()); }), Reported("EPERM"));
  EXPECT_EQ(Try([&] { return ::chmod(directory.path().c_str(), 0777); }), Reported("EPERM"));
}

TEST(Lock, RunsNoProgram) {
  const auto exec = [] { return ::execl("/bin/true", "true", nullptr); };
  EXPECT_EQ(Try(exec), KilledBy(SIGSYS));
  EXPECT_EQ(Try([] { return ::fork(); }), KilledBy(SIGSYS));
  EXPECT_EQ(Try([] { return ::vfork(); }), KilledBy(SIGSYS));
  EXPECT_EQ(Try([] { return ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }), KilledBy(SIGSYS));
  EXPECT_EQ(Try([] { return ::syscall(SYS_clone3, nullptr, 0); }), Reported("ENOSYS"));
}

TEST(Lock, TouchesNoOtherProcess) {
  const pid_t parent = ::getpid();
  EXPECT_EQ(Try([&] { return ::kill(parent, 0); }), KilledBy(SIGSYS));
  EXPECT_EQ(Try([&] { return ::syscall(SYS_tgkill, parent, parent, 0); }), KilledBy(SIGSYS));
  EXPECT_EQ(Try([&] { return ::syscall(SYS_pidfd_open, parent, 0); }), KilledBy(SIGSYS));
  EXPECT_EQ(Try([&] { return ::ptrace(PTRACE_ATTACH, parent, nullptr, nullptr); }),
            KilledBy(SIGSYS));
  EXPECT_EQ(Try([&] { return ::setpriority(PRIO_PROCESS, static_cast<id_t>(parent), 19); }),
            KilledBy(SIGSYS));
  cpu_set_t processors;
  CPU_ZERO(&processors);
  CPU_SET(0, &processors);
  EXPECT_EQ(Try([&] { return ::sched_setaffinity(parent, sizeof processors, &processors); }),
            Reported("EPERM"));
}

TEST(Lock, ReadsNoOtherProcess) {
  const pid_t parent = ::getpid();
  static std::uint64_t secret = 42;
  std::uint64_t stolen = 0;
  const struct iovec from{.iov_base = &secret, .iov_len = sizeof secret};
  const struct iovec to{.iov_base = &stolen, .iov_len = sizeof stolen};
  EXPECT_EQ(Try([&] { return ::process_vm_readv(parent, &to, 1, &from, 1, 0); }), KilledBy(SIGSYS));
  EXPECT_EQ(Try([&] { return ::process_vm_writev(parent, &to, 1, &from, 1, 0); }),
            KilledBy(SIGSYS));
  const std::string memory = "/proc/" + std::to_string(parent) + "/mem";
  EXPECT_EQ(Try([&] { return ::open(memory.c_str(), O_RDWR); }), Reported("ENOENT"));
}

TEST(Lock, ConnectsToNobody) {
  EXPECT_EQ(Try([] { return ::socket(AF_INET, SOCK_STREAM, 0); }), KilledBy(SIGSYS));
  EXPECT_EQ(Try([] { return ::socket(AF_UNIX, SOCK_STREAM, 0); }), KilledBy(SIGSYS));
  EXPECT_EQ(Try([] {
              std::array<int, 2> ends{};
              return ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data());
            }),
            KilledBy(SIGSYS));
  const auto connect = [](Child& child) {
    const int tcp = ::socket(AF_INET, SOCK_STREAM, 0);
    child.EnterSandbox();
    struct sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(9);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    child.ReportOutcome(
        ::connect(tcp, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  };
  EXPECT_EQ(RunInChild(connect), KilledBy(SIGSYS));
  const auto send = [](Child& child) {
    const int datagrams = ::socket(AF_UNIX, SOCK_DGRAM, 0);
    child.EnterSandbox();
    struct sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, "/run/systemd/journal/socket");
    child.ReportOutcome(::sendto(datagrams, "", 0, 0, reinterpret_cast<const sockaddr*>(&address),
                                 sizeof address) == 0);
  };
  EXPECT_EQ(RunInChild(send), KilledBy(SIGSYS));
}

// With a device of every machine: what it opens while it starts it may use afterwards.
TEST(Lock, LeavesTheDevicesThatAreNamed) {
  const auto ended = [](bool is_named) {
    return RunInChild([is_named](Child& child) {
      ConfineOptions options = LooseOptions();
      if (is_named) options.devices = {"/dev/urandom", "/dev/missing"};
      child.Must(Confine(options));
      child.ReportOutcome(::open("/dev/zero", O_RDWR) != -1);
      child.Report(" ");
      const int device = ::open("/dev/urandom", O_RDWR);
      child.ReportOutcome(device != -1);
      child.Report(" ");
      int entropy = 0;
      child.ReportOutcome(::ioctl(device, RNDGETENTCNT, &entropy) == 0);
      child.Must(LockSystemCalls({.has_devices = is_named}));
      child.Report(" ");
      // A driver's call reaches the device, which is none of its own.
      child.ReportOutcome(::ioctl(device, _IO('d', 0)) == 0);
      child.Report(" ");
      child.ReportOutcome(::ioctl(device, RNDGETENTCNT, &entropy) == 0);
      child.Report(" ");
      child.ReportOutcome(::write(device, "x", 1) == 1);
      child.Report(" ");
      child.ReportOutcome(::open("/dev/urandom", O_RDWR) != -1);
    });
  };
  EXPECT_EQ(ended(true), Reported("EACCES done done EINVAL EPERM done ENOENT"));
  EXPECT_EQ(ended(false), Reported("EACCES EACCES EBADF EPERM EPERM EBADF ENOENT"));
}

// Neither signals to others by way of a socket, nor a file's attributes.
TEST(Lock, ControlsNothingButDevices) {
  for (const unsigned long request :
       {static_cast<unsigned long>(FIOSETOWN), static_cast<unsigned long>(FIOASYNC),
        static_cast<unsigned long>(FS_IOC_SETFLAGS)}) {
    EXPECT_EQ(RunInChild([request](Child& child) {
                child.Must(Confine(LooseOptions()));
                child.Must(LockSystemCalls({.has_devices = true}));
                int value = 1;
                child.ReportOutcome(::ioctl(0, request, &value) == 0);
              }),
              Reported("EPERM"));
  }
}

TEST(Lock, RaisesNoLimit) {
  const struct rlimit limit{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
  EXPECT_EQ(Try([&] { return ::setrlimit(RLIMIT_NOFILE, &limit); }), KilledBy(SIGSYS));
  EXPECT_EQ(Try([&] { return ::syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, &limit, nullptr); }),
            KilledBy(SIGSYS));
  struct rlimit read{};
  EXPECT_EQ(Try([&] { return ::getrlimit(RLIMIT_NOFILE, &read); }), Reported("done"));
}

TEST(Lock, HasNoUncountedMemory) {
  EXPECT_EQ(Try([] { return ::memfd_create("memory", 0); }), KilledBy(SIGSYS));
  const auto map = [](int flags) {
    return Try([flags] {
      const void* const memory =
          ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
      return memory == MAP_FAILED ? -1 : 0;
    });
  };
  EXPECT_EQ(map(MAP_PRIVATE), Reported("done"));
  EXPECT_EQ(map(MAP_SHARED), Reported("EPERM"));
  EXPECT_EQ(map(MAP_SHARED_VALIDATE), Reported("EPERM"));
  EXPECT_EQ(map(MAP_PRIVATE | MAP_GROWSDOWN), Reported("EPERM"));
}

TEST(Lock, HasNoWayPastTheFilter) {
  EXPECT_EQ(Try([] { return ::syscall(SYS_io_uring_setup, 1, nullptr); }), KilledBy(SIGSYS));
  EXPECT_EQ(Try([] { return ::syscall(SYS_userfaultfd, 0); }), KilledBy(SIGSYS));
  EXPECT_EQ(Try([] { return ::syscall(SYS_bpf, 0, nullptr, 0); }), KilledBy(SIGSYS));
  EXPECT_EQ(Try([] { return ::syscall(SYS_keyctl, 0, 0); }), KilledBy(SIGSYS));
  EXPECT_EQ(Try([] { return ::unshare(CLONE_NEWUSER); }), KilledBy(SIGSYS));
  EXPECT_EQ(Try([] { return ::prctl(PR_SET_DUMPABLE, 0); }), Reported("EPERM"));
  EXPECT_EQ(Try([] { return ::fcntl(0, F_SETOWN, ::getpid()); }), Reported("EPERM"));
#ifdef __x86_64__
  // The same calls under the numbers of x32, and through the gate of 32-bit programs.
  EXPECT_EQ(Try([] { return ::syscall(0x40000000 | SYS_getpid); }), KilledBy(SIGSYS));
  EXPECT_EQ(Try([] {
              long number = 20;
              asm volatile("int $0x80" : "+a"(number) : : "memory");
              return number;
            }),
            KilledBy(SIGSYS));
#endif
}

TEST(Lock, HoldsForEarlierThreads) {
  const auto ended = RunInChild([](Child& child) {
    child.Must(Confine(LooseOptions()));
    std::atomic<bool> locked = false;
    std::jthread earlier([&] {
      locked.wait(false);
      child.ReportOutcome(::open("/etc/passwd", O_RDONLY) != -1);
      ::socket(AF_UNIX, SOCK_STREAM, 0);
    });
    child.Must(LockSystemCalls({}));
    locked = true;
    locked.notify_all();
  });
  EXPECT_EQ(ended.signal, SIGSYS);
  EXPECT_EQ(ended.report, "ENOENT");
}

TEST(Lock, Aborts) {
  EXPECT_EQ(Try([]() -> long { std::abort(); }), KilledBy(SIGABRT));
}

TEST(Lock, StartsThreads) {
  const auto ended = RunInSandbox([](Child& child) {
    std::vector<long> numbers(8);
    {
      std::vector<std::jthread> threads;
      for (long& number : numbers) {
        threads.emplace_back([&number] { number = ::gettid() > 0 ? 1 : 0; });
      }
    }
    child.Report(std::to_string(std::reduce(numbers.begin(), numbers.end())));
  });
  EXPECT_EQ(ended, Reported("8"));
}

TEST(Lock, RunsGeneratedCode) {
#ifdef __x86_64__
  // mov eax, 42; ret
  static constexpr std::array<unsigned char, 6> kCode = {0xb8, 42, 0, 0, 0, 0xc3};
  const auto ended = RunInSandbox([](Child& child) {
    void* const page =
        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    std::memcpy(page, kCode.data(), kCode.size());
    if (::mprotect(page, 4096, PROT_READ | PROT_EXEC) != 0) return child.ReportOutcome(false);
    child.Report(std::to_string(reinterpret_cast<int (*)()>(page)()));
  });
  EXPECT_EQ(ended, Reported("42"));
#else
  GTEST_SKIP() << "code for x86-64";
#endif
}

TEST(Lock, SharesMemoryOfGivenDescriptors) {
  const int memory = ::memfd_create("slab", MFD_CLOEXEC);
  ASSERT_EQ(::ftruncate(memory, 4096), 0);
  const auto ended = RunInSandbox([&](Child& child) {
    void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    if (page == MAP_FAILED) return child.ReportOutcome(false);
    std::strcpy(static_cast<char*>(page), "written");
    struct stat status{};
    const bool known = ::fstat(memory, &status) == 0 && status.st_size == 4096;
    child.ReportOutcome(known);
  });
  EXPECT_EQ(ended, Reported("done"));
  std::array<char, 8> read{};
  EXPECT_EQ(::pread(memory, read.data(), read.size(), 0), 8);
  EXPECT_STREQ(read.data(), "written");
  ::close(memory);
}

}  // namespace
}  // namespace namesake::backend_program
