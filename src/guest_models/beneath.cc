#include "guest_models/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/fail.h"
#include "base/text.h"

namespace namesake::guest_models {
namespace {

// Allows crossing mount points below the directory: the operator made them.
base::FileDescriptor TryOpen(const base::FileDescriptor& directory, const std::string& path) {
  struct open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return base::FileDescriptor(
      static_cast<int>(::syscall(SYS_openat2, directory.get(), path.c_str(), &how, sizeof how)));
}

// While anything is being renamed, the kernel can't rule out an escape through "..", and asks to
// try again. The tries are bounded because a guest may rename endlessly.
base::FileDescriptor OpenWithPatience(const base::FileDescriptor& directory,
                                      const std::string& path) {
  constexpr int kTries = 128;
  base::FileDescriptor file;
  for (int i = 0; i < kTries && !file.valid(); ++i) {
    file = TryOpen(directory, path);
    if (!file.valid() && errno != EAGAIN && errno != EINTR) break;
  }
  return file;
}

std::unexpected<Error> NeitherFileNorDirectory(std::string_view shown) {
  return base::Fail(ErrorCode::kInvalidArgument,
                    "\"{}\" is neither a regular file nor a directory; copy the model to one",
                    base::Printable(shown));
}

std::unexpected<Error> CantOpen(int error_number, std::string_view shown) {
  const std::string name = base::Printable(shown);
  switch (error_number) {
    case EXDEV:
      return base::Fail(ErrorCode::kSecurity, "\"{}\" leads out of the guest's directory", name);
    case ENOENT:
    case ENOTDIR:
      return base::Fail(ErrorCode::kInvalidArgument,
                        "\"{}\" does not exist in the guest's directory", name);
    case ELOOP:
      return base::Fail(ErrorCode::kInvalidArgument,
                        "\"{}\" has too many links in its path, or one that may not be followed",
                        name);
    case ENAMETOOLONG:
      return base::Fail(ErrorCode::kInvalidArgument, "the path \"{}\" is too long", name);
    case ENXIO:
    case ENODEV:
      return NeitherFileNorDirectory(shown);
    case EAGAIN:
      return base::Fail(ErrorCode::kRuntimeError,
                        "can't open \"{}\": directories were renamed meanwhile; try again", name);
    case ENOSYS:
      return base::Fail(ErrorCode::kUnsupported,
                        "can't open \"{}\": resolving a guest's path needs Linux 5.6 or newer",
                        name);
    default:
      return base::Fail(ErrorCode::kRuntimeError, "can't open \"{}\": {}", name,
                        base::SystemWording(error_number));
  }
}

}  // namespace

Result<OpenedFile> OpenBeneath(const base::FileDescriptor& directory, const std::string& path,
                               std::string_view shown) {
  base::FileDescriptor file = OpenWithPatience(directory, path);
  struct stat status{};
  if (!file.valid() || ::fstat(file.get(), &status) != 0) return CantOpen(errno, shown);
  if (S_ISDIR(status.st_mode)) {
    return OpenedFile{.descriptor = std::move(file), .kind = FileKind::kDirectory, .bytes = 0};
  }
  if (!S_ISREG(status.st_mode)) return NeitherFileNorDirectory(shown);
  return OpenedFile{.descriptor = std::move(file),
                    .kind = FileKind::kRegular,
                    .bytes = static_cast<std::uint64_t>(status.st_size)};
}

Result<OpenedFile> OpenFileBeneath(const base::FileDescriptor& directory, const std::string& path,
                                   std::string_view shown) {
  auto file = OpenBeneath(directory, path, shown);
  if (!file || file->kind == FileKind::kRegular) return file;
  return base::Fail(ErrorCode::kInvalidArgument, "\"{}\" is a directory where a file is expected",
                    base::Printable(shown));
}

Result<OpenedFile> OpenDirectoryBeneath(const base::FileDescriptor& directory,
                                        const std::string& path, std::string_view shown) {
  auto file = OpenBeneath(directory, path, shown);
  if (!file || file->kind == FileKind::kDirectory) return file;
  return base::Fail(ErrorCode::kInvalidArgument, "\"{}\" is a file where a directory is expected",
                    base::Printable(shown));
}

bool IsAbsentBeneath(const base::FileDescriptor& directory, const std::string& path) {
  return !OpenWithPatience(directory, path).valid() && errno == ENOENT;
}

}  // namespace namesake::guest_models
