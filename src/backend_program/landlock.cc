#include "backend_program/landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "base/fail.h"
#include "base/file.h"

// The system's headers may be older than the kernel. The numbers are the same on all architectures.
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

namespace namesake::backend_program {
namespace {

// As in linux/landlock.h of version 6.
struct Ruleset {
  std::uint64_t files = 0;
  std::uint64_t network = 0;
  std::uint64_t scoped = 0;
};
struct [[gnu::packed]] PathRule {
  std::uint64_t allowed = 0;
  std::int32_t path = -1;
};
constexpr unsigned kAskVersion = 1;
constexpr int kPathRule = 1;

constexpr std::uint64_t Bits(int count) { return (std::uint64_t{1} << count) - 1; }

constexpr std::uint64_t kWriteFile = 1U << 1;
constexpr std::uint64_t kReadFile = 1U << 2;
constexpr std::uint64_t kReadDirectory = 1U << 3;
constexpr std::uint64_t kControlDevice = 1U << 15;  // From version 5 on.

// Everything that a version can refuse. Those after 6 can refuse nothing that this process could do
// without new sockets.
Ruleset Everything(int version) {
  Ruleset all;
  // 13 rights at first; then to move files between directories, to truncate, and ioctl on devices.
  all.files = Bits(version >= 5 ? 16 : version >= 3 ? 15 : version >= 2 ? 14 : 13);
  // TCP: to bind and to connect.
  if (version >= 4) all.network = Bits(2);
  // Beyond this process's domain: abstract sockets, and signals.
  if (version >= 6) all.scoped = Bits(2);
  return all;
}

std::size_t SizeOf(int version) {
  if (version >= 6) return sizeof(Ruleset);
  return version >= 4 ? offsetof(Ruleset, scoped) : offsetof(Ruleset, network);
}

std::unexpected<Error> Failed(std::string_view what) {
  return base::Fail(ErrorCode::kRuntimeError, "can't restrict a backend's process: Landlock {}: {}",
                    what, base::SystemWording(errno));
}

Result<void> Allow(int rules, const std::filesystem::path& path, std::uint64_t on_file) {
  const base::FileDescriptor file(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!file.valid()) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    return Failed("can't find a path that is to be used");
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return Failed("can't read the status of a path");
  // Libraries are mapped, which is reading: the right to execute would only serve new programs.
  const PathRule rule{.allowed = S_ISDIR(status.st_mode) ? on_file | kReadDirectory : on_file,
                      .path = file.get()};
  if (::syscall(SYS_landlock_add_rule, rules, kPathRule, &rule, 0) == 0) return {};
  return Failed("can't take a path that is to be used");
}

}  // namespace

int LandlockVersion() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kAskVersion);
  return version < 0 ? 0 : static_cast<int>(version);
}

Result<void> RestrictByLandlock(int version, std::span<const std::filesystem::path> readable,
                                std::span<const std::filesystem::path> devices) {
  const Ruleset all = Everything(version);
  const base::FileDescriptor rules(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, SizeOf(version), 0)));
  if (!rules.valid()) return Failed("can't make rules");
  for (const auto& path : readable) {
    if (auto allowed = Allow(rules.get(), path, kReadFile); !allowed) return allowed;
  }
  const std::uint64_t on_device = (kReadFile | kWriteFile | kControlDevice) & all.files;
  for (const auto& path : devices) {
    if (auto allowed = Allow(rules.get(), path, on_device); !allowed) return allowed;
  }
  if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) == 0) return {};
  return Failed("can't take effect");
}

}  // namespace namesake::backend_program
