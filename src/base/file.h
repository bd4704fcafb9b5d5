// Files, as descriptors and as memory maps.
#ifndef NAMESAKE_BASE_FILE_H_
#define NAMESAKE_BASE_FILE_H_

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "namesake/error.h"

namespace namesake::base {

// Names a path of the host in messages; guests do not see the path.
Wording HostPath(const std::filesystem::path& path);

// Owns a file descriptor; -1 means none.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor();

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  // Hands the descriptor to the caller, who then closes it.
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// A regular file mapped read-only; an empty file maps to an empty span.
class MappedFile {
 public:
  // Messages call the file `name`. Errors: runtime_error with the name and the system's reason.
  static Result<MappedFile> Open(const std::filesystem::path& path, const Wording& name);
  static Result<MappedFile> Open(const std::filesystem::path& path);

  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::span<const std::byte> bytes_;
};

// Reads all bytes that a regular file has at the time. Errors: see MappedFile::Open.
Result<std::vector<std::byte>> ReadWholeFile(const std::filesystem::path& path);

// Returns the status of a file or directory that this user may read. Follows links. Messages call
// it `name`. Errors: runtime_error with the name, the reason and the remedy.
Result<struct stat> ReadableStatus(const std::filesystem::path& path, const Wording& name);

// CheckRegular fails unless `status` is that of a regular file, CheckNotEmpty if the file has no
// bytes. Messages call the file `name`. Errors: runtime_error with the name and the remedy.
Result<void> CheckRegular(const Wording& name, const struct stat& status);
Result<void> CheckNotEmpty(const Wording& name, std::uint64_t bytes);

// Makes a directory, and missing parents, that only this user may write. Accepts an existing one
// that is private already; never changes the permissions of what exists. Errors: runtime_error with
// the reason, without the path.
Result<void> MakePrivateDirectory(const std::filesystem::path& path);

// Whether MakePrivateDirectory would succeed; makes nothing. Errors: as there.
Result<void> CheckPrivateDirectory(const std::filesystem::path& path);

enum class DirectoryUse : std::uint8_t { kReadWrite, kRead, kNone };

struct UsableDirectory {
  DirectoryUse use = DirectoryUse::kReadWrite;
  // Why it can't be written or made.
  std::string reason{};
  // Set if it can't be used for lack of permission or space. That need not be a mistake: an image
  // may be read-only.
  bool is_denied = false;
};

// Makes or accepts a directory for files that are trusted when found again, and may be lost. It may
// belong to root as well as to this user. A directory that can't be written is only read; one that
// does not exist and can't be made is not used. Errors: as for MakePrivateDirectory, if others may
// write to it or it is not a directory.
Result<UsableDirectory> MakeTrustedDirectory(const std::filesystem::path& path);
// Returns what MakeTrustedDirectory would return, but makes nothing.
Result<UsableDirectory> CheckTrustedDirectory(const std::filesystem::path& path);
// Whether only this user and root can have written the file or directory with that status.
bool IsTrusted(const struct stat& status);

// Returns the regular files below a directory, sorted; follows links to directories. Messages call
// the directory `name`. Errors: runtime_error with the name and the reason.
Result<std::vector<std::filesystem::path>> FilesBeneath(const std::filesystem::path& directory,
                                                        const Wording& name);

// Writes all bytes, in as many calls as it takes. Returns errno, or 0 for success.
int WriteAll(int fd, std::span<const std::byte> bytes);

// Describes an error, such as "No such file or directory". If a limit of the process caused it, the
// text names that limit too.
std::string SystemReason(int error_number);
// Like SystemReason, but the wording for guests does not mention the process's limits.
Wording SystemWording(int error_number);

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_FILE_H_
