#include "base/process_directory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string>
#include <string_view>
#include <system_error>

#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"

namespace namesake::base {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "process-";
// The end of the template, which mkdtemp replaces.
constexpr std::string_view kRandom = "XXXXXX";

// "process-1234-a8Kx0z"
bool IsProcessDirectoryName(std::string_view name) {
  if (!name.starts_with(kPrefix)) return false;
  name.remove_prefix(kPrefix.size());
  const std::size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
  name.remove_prefix(digits);
  return digits > 0 && name.size() == 1 + kRandom.size() && name.front() == '-';
}

FileDescriptor OpenDirectory(const fs::path& path) {
  return FileDescriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

bool TryLock(const FileDescriptor& directory) {
  return ::flock(directory.get(), LOCK_EX | LOCK_NB) == 0;
}

// Whether the open directory belongs to this user and is still the one at `path`.
bool IsOwnAt(const FileDescriptor& directory, const fs::path& path) {
  struct stat open{};
  struct stat named{};
  return ::fstat(directory.get(), &open) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         open.st_uid == ::geteuid() && open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

// Removes the directory unless its process lives: that process holds its lock. Holds the lock while
// removing, so that of two processes that start at once only one removes it. A process that has
// made the directory but not locked it yet notices the loss.
void RemoveIfLeftBehind(const fs::path& path) {
  const FileDescriptor directory = OpenDirectory(path);
  if (!directory.valid() || !TryLock(directory) || !IsOwnAt(directory, path)) return;
  Log().info("removing {}, left behind by a killed process", path.string());
  RemoveWithContent(path);
}

std::unexpected<Error> Failed(int error_number) {
  return Fail(ErrorCode::kRuntimeError, "{}", SystemReason(error_number));
}

}  // namespace

void RemoveWithContent(const fs::path& path) noexcept {
  try {
    std::error_code error;
    fs::remove_all(path, error);
    if (error) Log().warn("can't remove {}: {}", path.string(), error.message());
  } catch (const std::bad_alloc&) {
    // It stays until its parent is removed. There is no memory to log that either.
  }
}

void RemoveLeftBehind(const fs::path& root) {
  std::error_code error;
  // Nothing in another user's directory is ours to remove.
  if (!fs::exists(fs::symlink_status(root, error)) || !CheckPrivateDirectory(root)) return;
  for (fs::directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    if (IsProcessDirectoryName(it->path().filename().native())) RemoveIfLeftBehind(it->path());
  }
  if (error) Log().warn("can't list {}: {}", root.string(), error.message());
}

ProcessDirectory::~ProcessDirectory() {
  if (!path_.empty()) RemoveWithContent(path_);
}

Result<ProcessDirectory> ProcessDirectory::Make(const fs::path& root) {
  if (auto made = MakePrivateDirectory(root); !made) return Fail(std::move(made));
  // A process that starts at this moment may mistake a new directory for one left behind. It does
  // so only once, so another attempt succeeds.
  constexpr int kTries = 16;
  for (int i = 0; i < kTries; ++i) {
    std::string path = root / fmt::format("{}{}-{}", kPrefix, ::getpid(), kRandom);
    if (::mkdtemp(path.data()) == nullptr) return Failed(errno);
    FileDescriptor directory = OpenDirectory(path);
    if (directory.valid() && TryLock(directory)) {
      if (!IsOwnAt(directory, path)) continue;
      return ProcessDirectory(path, std::move(directory));
    }
    const int error_number = errno;
    const bool taken = error_number == ENOENT || error_number == EWOULDBLOCK;
    if (!taken) {
      ::rmdir(path.c_str());
      return Failed(error_number);
    }
  }
  return Fail(ErrorCode::kRuntimeError,
              "other processes keep removing the directories created there");
}

}  // namespace namesake::base
