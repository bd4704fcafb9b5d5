#include "base/file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/fail.h"
#include "base/process_limits.h"

namespace namesake::base {

Wording HostPath(const std::filesystem::path& path) { return {"a host file", path.string()}; }

FileDescriptor::~FileDescriptor() {
  if (valid()) ::close(fd_);
}

namespace {

Wording HostDirectory(const std::filesystem::path& path) {
  return {"a host directory", path.string()};
}

std::unexpected<Error> OthersMayWrite(const std::filesystem::path& path) {
  return Fail(
      ErrorCode::kRuntimeError,
      "other users can write to {}; use a directory of your own or remove their write permission",
      HostDirectory(path));
}

// Fails unless only this user can write the existing directory `path`. Refuses a symbolic link,
// since another user may have made it in a world-writable directory such as /tmp.
Result<void> CheckPrivate(const std::filesystem::path& path) {
  const FileDescriptor directory(
      ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status{};
  if (!directory.valid() || ::fstat(directory.get(), &status) != 0) {
    return Fail(ErrorCode::kRuntimeError, "{}", SystemReason(errno));
  }
  if (status.st_uid != ::geteuid() || !IsTrusted(status)) return OthersMayWrite(path);
  if (::access(path.c_str(), W_OK | X_OK) != 0) {
    return Fail(ErrorCode::kRuntimeError, "{}", SystemReason(errno));
  }
  return {};
}

// Returns `path` or its nearest existing ancestor.
std::filesystem::path NearestThatExists(std::filesystem::path path) {
  std::error_code ignored;
  while (!path.empty() &&
         !std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) {
    path = path.parent_path();
  }
  return path.empty() ? "." : path;
}

// Whether the error means that writing is not permitted there, or that there is no space.
bool IsDenial(int error_number) {
  return error_number == EROFS || error_number == EACCES || error_number == EPERM ||
         error_number == ENOSPC || error_number == EDQUOT;
}

// Reports how an existing directory can be used: kNone if it does not exist or can't be opened.
Result<UsableDirectory> UseOf(const std::filesystem::path& path) {
  const FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat status{};
  if (!directory.valid() || ::fstat(directory.get(), &status) != 0) {
    const int error = errno;
    if (error == ENOTDIR) return Fail(ErrorCode::kRuntimeError, "{}", SystemReason(error));
    return UsableDirectory{
        .use = DirectoryUse::kNone, .reason = SystemReason(error), .is_denied = IsDenial(error)};
  }
  if (!IsTrusted(status)) return OthersMayWrite(path);
  if (::access(path.c_str(), W_OK | X_OK) == 0) return UsableDirectory{};
  return UsableDirectory{.use = DirectoryUse::kRead, .reason = SystemReason(errno)};
}

// Makes a directory and its parents. Returns errno: 0 for success, EEXIST if it already exists.
int MakeDirectory(const std::filesystem::path& path) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (error) return error.value();
  return ::mkdir(path.c_str(), S_IRWXU) == 0 ? 0 : errno;
}

// Fails unless new entries can be made in the existing directory `path`.
Result<void> CheckCanMakeIn(const std::filesystem::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return Fail(ErrorCode::kRuntimeError, "{}", SystemReason(errno));
  }
  if (!S_ISDIR(status.st_mode)) {
    return Fail(ErrorCode::kRuntimeError, "{}", SystemReason(ENOTDIR));
  }
  // Nothing can be made in the kernel's own file systems, although `access` permits root
  // everything.
  struct statfs system{};
  const bool is_known = ::statfs(path.c_str(), &system) == 0;
  if (is_known && (system.f_type == PROC_SUPER_MAGIC || system.f_type == SYSFS_MAGIC)) {
    return Fail(ErrorCode::kRuntimeError, "can't create a directory in {}", HostDirectory(path));
  }
  if (::access(path.c_str(), W_OK | X_OK) != 0) {
    return Fail(ErrorCode::kRuntimeError, "{}", SystemReason(errno));
  }
  return {};
}

struct OpenedFile {
  FileDescriptor descriptor;
  std::size_t bytes;
};

Result<OpenedFile> OpenRegular(const std::filesystem::path& path, const Wording& name) {
  // O_NONBLOCK, because opening a pipe would block until somebody writes to it.
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!file.valid() || ::fstat(file.get(), &status) != 0) {
    return Fail(ErrorCode::kRuntimeError, "can't read {}: {}", name, SystemWording(errno));
  }
  if (!S_ISREG(status.st_mode)) {
    return Fail(ErrorCode::kRuntimeError, "can't read {}: it is not a regular file", name);
  }
  return OpenedFile{std::move(file), static_cast<std::size_t>(status.st_size)};
}

}  // namespace

Result<MappedFile> MappedFile::Open(const std::filesystem::path& path) {
  return Open(path, HostPath(path));
}

Result<MappedFile> MappedFile::Open(const std::filesystem::path& path, const Wording& name) {
  const auto file = OpenRegular(path, name);
  if (!file) return Fail(file);
  const std::size_t size = file->bytes;
  if (size == 0) return MappedFile({});
  void* const map = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file->descriptor.get(), 0);
  if (map == MAP_FAILED) {
    return Fail(ErrorCode::kRuntimeError, "can't map {}: {}", name, SystemWording(errno));
  }
  return MappedFile({static_cast<const std::byte*>(map), size});
}

Result<std::vector<std::byte>> ReadWholeFile(const std::filesystem::path& path) {
  const auto file = OpenRegular(path, HostPath(path));
  if (!file) return Fail(file);
  std::vector<std::byte> bytes(file->bytes);
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ::ssize_t count =
        ::read(file->descriptor.get(), bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return Fail(ErrorCode::kRuntimeError, "can't read {}: {}", HostPath(path),
                  SystemWording(errno));
    }
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  bytes.resize(size);
  return bytes;
}

MappedFile::~MappedFile() {
  // munmap takes a mutable pointer although it writes nothing.
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

Result<struct stat> ReadableStatus(const std::filesystem::path& path, const Wording& name) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return Fail(ErrorCode::kRuntimeError, "{} does not exist", name);
    }
    return Fail(ErrorCode::kRuntimeError, "can't read {}: {}", name, SystemWording(errno));
  }
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0) {
    return Fail(ErrorCode::kRuntimeError, "can't read {}: {}; give this user read permission", name,
                SystemWording(errno));
  }
  return status;
}

Result<void> CheckRegular(const Wording& name, const struct stat& status) {
  if (S_ISREG(status.st_mode)) return {};
  return Fail(ErrorCode::kRuntimeError,
              "{} is not a regular file; copy the model to a regular file", name);
}

Result<void> CheckNotEmpty(const Wording& name, std::uint64_t bytes) {
  if (bytes > 0) return {};
  return Fail(ErrorCode::kRuntimeError, "{} is empty; copy the model again", name);
}

Result<void> MakePrivateDirectory(const std::filesystem::path& path) {
  if (const int error = MakeDirectory(path); error != 0 && error != EEXIST) {
    return Fail(ErrorCode::kRuntimeError, "{}", SystemReason(error));
  }
  return CheckPrivate(path);
}

Result<void> CheckPrivateDirectory(const std::filesystem::path& path) {
  const std::filesystem::path directory = path.has_filename() ? path : path.parent_path();
  const std::filesystem::path existing = NearestThatExists(directory);
  return existing == directory ? CheckPrivate(existing) : CheckCanMakeIn(existing);
}

bool IsTrusted(const struct stat& status) {
  const bool is_ours = status.st_uid == ::geteuid() || status.st_uid == 0;
  return is_ours && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

Result<UsableDirectory> MakeTrustedDirectory(const std::filesystem::path& path) {
  const int error = MakeDirectory(path);
  auto use = UseOf(path);
  // If the directory exists but can't be opened, UseOf has given the reason already.
  if (use && use->use == DirectoryUse::kNone && error != 0 && error != EEXIST) {
    *use = {
        .use = DirectoryUse::kNone, .reason = SystemReason(error), .is_denied = IsDenial(error)};
  }
  return use;
}

Result<UsableDirectory> CheckTrustedDirectory(const std::filesystem::path& path) {
  const std::filesystem::path existing = NearestThatExists(path);
  std::error_code ignored;
  if (!std::filesystem::is_directory(existing, ignored)) {
    return Fail(ErrorCode::kRuntimeError, "{}", SystemReason(ENOTDIR));
  }
  if (existing == path) return UseOf(path);
  const bool is_denied = ::access(existing.c_str(), W_OK | X_OK) != 0 && IsDenial(errno);
  if (auto able = CheckCanMakeIn(existing); !able) {
    return UsableDirectory{
        .use = DirectoryUse::kNone, .reason = able.error().detail(), .is_denied = is_denied};
  }
  return UsableDirectory{};
}

Result<std::vector<std::filesystem::path>> FilesBeneath(const std::filesystem::path& directory,
                                                        const Wording& name) {
  namespace fs = std::filesystem;
  constexpr auto kFollow = fs::directory_options::follow_directory_symlink;
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, kFollow, error), end; !error && it != end;
       it.increment(error)) {
    if (it->is_regular_file(error)) files.push_back(it->path());
  }
  if (error) {
    return Fail(ErrorCode::kRuntimeError, "can't list {}: {}", name, error.message());
  }
  std::ranges::sort(files);
  return files;
}

int WriteAll(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ::ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return 0;
}

Wording SystemWording(int error_number) {
  return {std::generic_category().message(error_number), SystemReason(error_number)};
}

std::string SystemReason(int error_number) {
  std::string reason = std::generic_category().message(error_number);
  const bool is_limit = error_number == EMFILE || error_number == ENOMEM;
  if (const std::string limit = is_limit ? ProcessLimitText(error_number) : ""; !limit.empty()) {
    reason += ": " + limit;
  }
  return reason;
}

}  // namespace namesake::base
