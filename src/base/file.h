// Files by descriptor and by map.
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

// What messages call a path of the host's: guests learn of none.
Wording HostPath(const std::filesystem::path& path);

// Owns a file descriptor; -1 is none.
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
  // The descriptor, which is the caller's to close from here on.
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// A regular file mapped read-only; an empty file maps to an empty span.
class MappedFile {
 public:
  // `name` is what messages call the file. Errors: runtime_error with the name and the system's
  // reason.
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

// All bytes of a regular file, as they are when they are read. Errors: as MappedFile::Open's.
Result<std::vector<std::byte>> ReadWholeFile(const std::filesystem::path& path);

// The status of a file or directory that this user may read, links followed; messages call it
// `name`. Errors: runtime_error with the name, the reason and the remedy.
Result<struct stat> ReadableStatus(const std::filesystem::path& path, const Wording& name);

// The first fails unless what is called `name`, of that status, is a regular file; the second where
// a file has no content. Errors: runtime_error with the name and the remedy.
Result<void> CheckRegular(const Wording& name, const struct stat& status);
Result<void> CheckNotEmpty(const Wording& name, std::uint64_t bytes);

// Makes a directory, with what it needs above it, that nobody but this user may write, or takes the
// one that is there if it is so already; the permissions of what exists are never changed. Errors:
// runtime_error with the reason, without the path.
Result<void> MakePrivateDirectory(const std::filesystem::path& path);

// Whether MakePrivateDirectory would succeed, without making anything. Errors: as there.
Result<void> CheckPrivateDirectory(const std::filesystem::path& path);

enum class DirectoryUse : std::uint8_t { kReadWrite, kRead, kNone };

struct UsableDirectory {
  DirectoryUse use = DirectoryUse::kReadWrite;
  // Why it can't be written, or made.
  std::string reason{};
  // Whether it is none because this user may not write there, or there is no room: no mistake, as
  // in a read-only image.
  bool is_denied = false;
};

// Makes or takes a directory of files that are believed when they are found again, and need not be
// kept: one that belongs to root is as good as this user's own, one that can't be written is read,
// and one that is not there and can't be made is none. Errors: as MakePrivateDirectory's, where
// others may write to it or it is no directory.
Result<UsableDirectory> MakeTrustedDirectory(const std::filesystem::path& path);
// The answer that MakeTrustedDirectory would give, without making anything.
Result<UsableDirectory> CheckTrustedDirectory(const std::filesystem::path& path);
// Whether a file or directory of that status can have been written by this user and root alone.
bool IsTrusted(const struct stat& status);

// The regular files beneath a directory, which messages call `name`, sorted, those behind links to
// directories included. Errors: runtime_error with the name and the reason.
Result<std::vector<std::filesystem::path>> FilesBeneath(const std::filesystem::path& directory,
                                                        const Wording& name);

// Writes all the bytes, whatever part of them the system takes at a time. The system's error
// number, or 0.
int WriteAll(int fd, std::span<const std::byte> bytes);

// "No such file or directory" and the like.
// The limit of the process that is behind it, where there is one, is in it too.
std::string SystemReason(int error_number);
// The same for what guests read as well, who are not told of the process's limits.
Wording SystemWording(int error_number);

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_FILE_H_
