#include "guest_models/copy_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "base/fail.h"
#include "base/text.h"

namespace namesake::guest_models {
namespace {

// The outcome of one way to copy. `copied` counts bytes from the start of the file. Fewer than
// wanted without an error means that the file ends there or that the deadline has passed.
struct Progress {
  std::uint64_t copied = 0;
  int error_number = 0;
};

// Shares all blocks of the file, then cuts off the surplus. Empty if the filesystem can't.
std::optional<Progress> Clone(int from, int to, std::uint64_t bytes) {
  struct stat status{};
  if (::ioctl(to, FICLONE, from) != 0) return std::nullopt;
  if (::fstat(to, &status) != 0) return Progress{.copied = 0, .error_number = errno};
  const auto cloned = static_cast<std::uint64_t>(status.st_size);
  if (cloned > bytes && ::ftruncate(to, static_cast<::off_t>(bytes)) != 0) {
    return Progress{.copied = 0, .error_number = errno};
  }
  return Progress{.copied = std::min(cloned, bytes)};
}

// Copies within the kernel. May stop early with an error if a filesystem does not support it.
Progress CopyInKernel(int from, int to, std::uint64_t bytes, Deadline deadline) {
  // Limits how long a signal or the deadline has to wait.
  constexpr std::uint64_t kChunk = std::uint64_t{64} << 20;
  Progress progress;
  ::off64_t in = 0;
  ::off64_t out = 0;
  while (progress.copied < bytes && !deadline.passed()) {
    const auto wanted = static_cast<std::size_t>(std::min(kChunk, bytes - progress.copied));
    const ::ssize_t count = ::copy_file_range(from, &in, to, &out, wanted, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) progress.error_number = errno;
    if (count <= 0) break;
    progress.copied += static_cast<std::uint64_t>(count);
  }
  return progress;
}

// Returns 0 or errno.
int WriteAll(int to, std::span<const std::byte> bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ::ssize_t count = ::pwrite(to, bytes.data(), bytes.size(), static_cast<::off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return 0;
}

// Continues where another way has stopped.
Progress CopyByHand(int from, int to, std::uint64_t bytes, Progress progress, Deadline deadline) {
  constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(kBufferBytes);
  progress.error_number = 0;
  while (progress.copied < bytes && progress.error_number == 0 && !deadline.passed()) {
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(kBufferBytes, bytes - progress.copied));
    const ::ssize_t count =
        ::pread(from, buffer.get(), wanted, static_cast<::off_t>(progress.copied));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) progress.error_number = errno;
    if (count <= 0) break;
    const auto read = static_cast<std::size_t>(count);
    progress.error_number = WriteAll(to, std::span(buffer.get(), read), progress.copied);
    progress.copied += read;
  }
  return progress;
}

Progress Copy(int from, int to, std::uint64_t bytes, Deadline deadline) {
  if (const auto cloned = Clone(from, to, bytes)) return *cloned;
  const Progress progress = CopyInKernel(from, to, bytes, deadline);
  // The kernel may also report the end of a file that it can't copy from.
  return progress.copied == bytes ? progress : CopyByHand(from, to, bytes, progress, deadline);
}

std::unexpected<Error> TooLate(std::string_view shown) {
  return base::Fail(ErrorCode::kTimeout, "the load timed out while \"{}\" was being copied",
                    base::Printable(shown));
}

}  // namespace

Result<void> CopyFile(const base::FileDescriptor& from, std::uint64_t bytes,
                      const std::filesystem::path& to, std::string_view shown, Deadline deadline) {
  // Also checked if blocks are shared, because many files take time even then.
  if (deadline.passed()) return TooLate(shown);
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const base::FileDescriptor copy(::open(to.c_str(), kFlags, S_IRUSR));
  Progress progress{.copied = 0, .error_number = errno};
  if (copy.valid()) progress = Copy(from.get(), copy.get(), bytes, deadline);
  if (progress.error_number != 0) {
    return base::Fail(ErrorCode::kRuntimeError, "can't copy \"{}\": {}", base::Printable(shown),
                      base::SystemWording(progress.error_number));
  }
  if (progress.copied < bytes && deadline.passed()) return TooLate(shown);
  if (progress.copied < bytes) {
    return base::Fail(ErrorCode::kRuntimeError,
                      "\"{}\" changed while it was being read; register it again",
                      base::Printable(shown));
  }
  return {};
}

}  // namespace namesake::guest_models
