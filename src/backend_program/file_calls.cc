// Everything here but OpenNullDevice and InstallTrap runs in a signal handler: it allocates
// nothing, takes no lock, throws nothing, and names no path to the kernel.
#include "backend_program/file_calls.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <string_view>
#include <utility>

#include "backend_program/clean_path.h"
#include "backend_program/virtual_tree.h"
#include "base/fail.h"
#include "base/file.h"

// The system's headers may be older than the kernel. The numbers are the same on all architectures.
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif

namespace namesake::backend_program {
namespace {

// Given by si_code for a call that a filter traps.
constexpr int kFromFilter = 1;

constexpr std::string_view kNullDevice = "/dev/null";

// Constant once the filter has taken effect.
struct State {
  int null_device = -1;
  struct stat null_status{};
  // Never destroyed: threads may open files while the process exits.
  const LibraryFiles* libraries = nullptr;
};
constinit State state;

using Word = std::uint64_t;

template <typename T>
T* Pointer(Word word) {
  return reinterpret_cast<T*>(static_cast<std::uintptr_t>(word));
}
int Number(Word word) { return static_cast<int>(static_cast<std::uint32_t>(word)); }

long OrError(long result) { return result < 0 ? -errno : result; }

long StatusOf(int fd, struct stat& status) { return OrError(::syscall(SYS_fstat, fd, &status)); }

const char* InLibraries(std::string_view path) {
  return state.libraries == nullptr ? nullptr : state.libraries->Find(path);
}

// The file or folder at a path: one of the library's, one of a model's, or the null device.
class Place {
 public:
  explicit Place(const CleanPath& path) noexcept
      : library_(InLibraries(path.text())),
        is_null_(state.null_device >= 0 && path.text() == kNullDevice),
        entry_(path.text()),
        wants_directory_(path.wants_directory()) {}

  // Fills in `status`, and returns 0 or a negative errno.
  long Status(struct stat& status) const noexcept {
    const long found = Find(status);
    if (found == 0 && wants_directory_ && !S_ISDIR(status.st_mode)) return -ENOTDIR;
    return found;
  }

  // Returns a new descriptor, for something that is there.
  long Open() const noexcept {
    if (is_null_) return OrError(::fcntl(state.null_device, F_DUPFD_CLOEXEC, 0));
    if (library_ != nullptr) return state.libraries->Open(library_);
    // Nothing lists a model's files.
    return entry_.is_file() ? entry_.Open() : -EACCES;
  }

  bool is_null() const { return is_null_; }
  bool is_writable() const { return entry_.is_writable(); }

 private:
  long Find(struct stat& status) const noexcept {
    if (library_ != nullptr) return state.libraries->Status(library_, status);
    if (is_null_) {
      status = state.null_status;
    } else if (entry_.exists()) {
      status = entry_.status();
    } else {
      return entry_.is_below_file() ? -ENOTDIR : -ENOENT;
    }
    return 0;
  }

  const char* library_;
  bool is_null_;
  VirtualEntry entry_;
  bool wants_directory_;
};

// Returns 0, or a negative errno. There are no open directories but the working one, "/".
int SetPath(CleanPath& clean, int directory, const char* path) {
  if (path == nullptr) return -EFAULT;
  if (path[0] != '/' && path[0] != '\0' && directory != AT_FDCWD) {
    return directory < 0 ? -EBADF : -ENOTDIR;
  }
  return clean.Set(path);
}

long AnswerOpen(int directory, const char* path, Word flags) {
  CleanPath clean;
  if (const int error = SetPath(clean, directory, path); error != 0) return error;
  const Place place(clean);
  const bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_TRUNC | O_CREAT)) != 0;
  struct stat status{};
  const long found = place.Status(status);
  if (found == -ENOENT && (flags & O_CREAT) != 0) return -EROFS;
  if (found != 0) return found;
  if (place.is_null()) return place.Open();
  if ((flags & O_CREAT) != 0 && (flags & O_EXCL) != 0) return -EEXIST;
  const bool is_directory = S_ISDIR(status.st_mode);
  if (writes && is_directory) return -EISDIR;
  if (writes && !place.is_writable()) return -EROFS;
  return (flags & O_DIRECTORY) != 0 && !is_directory ? -ENOTDIR : place.Open();
}

long FindStatus(int directory, const char* path, Word flags, struct stat& status) {
  // A null path is as good as an empty one in later kernels.
  const bool is_empty = path == nullptr || path[0] == '\0';
  if (is_empty && (flags & AT_EMPTY_PATH) != 0 && directory >= 0) {
    return StatusOf(directory, status);
  }
  CleanPath clean;
  if (const int error = SetPath(clean, directory, path); error != 0) return error;
  return Place(clean).Status(status);
}

long AnswerStatus(int directory, const char* path, Word flags, struct stat* out) {
  struct stat status{};
  const long found = FindStatus(directory, path, flags, status);
  if (found != 0) return found;
  if (out == nullptr) return -EFAULT;
  *out = status;
  return 0;
}

struct statx_timestamp Timestamp(const struct timespec& time) {
  struct statx_timestamp result{};
  result.tv_sec = time.tv_sec;
  result.tv_nsec = static_cast<std::uint32_t>(time.tv_nsec);
  return result;
}

struct statx Extended(const struct stat& status) {
  struct statx result{};
  result.stx_mask = STATX_BASIC_STATS;
  result.stx_blksize = static_cast<std::uint32_t>(status.st_blksize);
  result.stx_nlink = static_cast<std::uint32_t>(status.st_nlink);
  result.stx_uid = status.st_uid;
  result.stx_gid = status.st_gid;
  result.stx_mode = static_cast<std::uint16_t>(status.st_mode);
  result.stx_ino = status.st_ino;
  result.stx_size = static_cast<std::uint64_t>(status.st_size);
  result.stx_blocks = static_cast<std::uint64_t>(status.st_blocks);
  result.stx_atime = Timestamp(status.st_atim);
  result.stx_mtime = Timestamp(status.st_mtim);
  result.stx_ctime = Timestamp(status.st_ctim);
  result.stx_rdev_major = major(status.st_rdev);
  result.stx_rdev_minor = minor(status.st_rdev);
  result.stx_dev_major = major(status.st_dev);
  result.stx_dev_minor = minor(status.st_dev);
  return result;
}

long AnswerExtended(int directory, const char* path, Word flags, struct statx* out) {
  struct stat status{};
  const long found = FindStatus(directory, path, flags, status);
  if (found != 0) return found;
  // Some libraries ask with no memory for the answer whether the call exists.
  if (out == nullptr) return -EFAULT;
  *out = Extended(status);
  return 0;
}

long AnswerAccess(int directory, const char* path, int mode, Word flags) {
  struct stat status{};
  const long found = FindStatus(directory, path, flags, status);
  if (found != 0) return found;
  if ((mode & W_OK) != 0 && !S_ISCHR(status.st_mode)) return -EROFS;
  return (mode & X_OK) != 0 && !S_ISDIR(status.st_mode) ? -EACCES : 0;
}

long AnswerLink(int directory, const char* path) {
  struct stat status{};
  const long found = FindStatus(directory, path, 0, status);
  // Nothing here is a link.
  return found != 0 ? found : -EINVAL;
}

// The arguments that the call had in its registers.
struct Call {
  int number = 0;
  std::array<Word, 6> arguments{};
};

long Answer(const Call& call) noexcept {
  const auto& a = call.arguments;
  switch (call.number) {
    case SYS_openat:
      return AnswerOpen(Number(a[0]), Pointer<char>(a[1]), a[2]);
    case SYS_openat2: {
      const auto* const how = Pointer<struct open_how>(a[2]);
      if (how == nullptr) return -EFAULT;
      return AnswerOpen(Number(a[0]), Pointer<char>(a[1]), how->flags);
    }
    case SYS_newfstatat:
      return AnswerStatus(Number(a[0]), Pointer<char>(a[1]), a[3], Pointer<struct stat>(a[2]));
    case SYS_statx:
      return AnswerExtended(Number(a[0]), Pointer<char>(a[1]), a[2], Pointer<struct statx>(a[4]));
    case SYS_faccessat:
      return AnswerAccess(Number(a[0]), Pointer<char>(a[1]), Number(a[2]), 0);
    case SYS_faccessat2:
      return AnswerAccess(Number(a[0]), Pointer<char>(a[1]), Number(a[2]), a[3]);
    case SYS_readlinkat:
      return AnswerLink(Number(a[0]), Pointer<char>(a[1]));
#ifdef SYS_open  // The older calls, which newer architectures do not have.
    case SYS_open:
      return AnswerOpen(AT_FDCWD, Pointer<char>(a[0]), a[1]);
    case SYS_stat:
    case SYS_lstat:
      return AnswerStatus(AT_FDCWD, Pointer<char>(a[0]), 0, Pointer<struct stat>(a[1]));
    case SYS_access:
      return AnswerAccess(AT_FDCWD, Pointer<char>(a[0]), Number(a[1]), 0);
    case SYS_readlink:
      return AnswerLink(AT_FDCWD, Pointer<char>(a[0]));
#endif
    default:
      return -EPERM;
  }
}

#if defined(__x86_64__)
Call CallOf(const siginfo_t& info, const ucontext_t& context) {
  const auto& r = context.uc_mcontext.gregs;
  const auto word = [&](int index) { return static_cast<Word>(r[index]); };
  return {.number = info.si_syscall,
          .arguments = {word(REG_RDI), word(REG_RSI), word(REG_RDX), word(REG_R10), word(REG_R8),
                        word(REG_R9)}};
}
void SetResult(ucontext_t& context, long result) { context.uc_mcontext.gregs[REG_RAX] = result; }
#elif defined(__aarch64__)
Call CallOf(const siginfo_t& info, const ucontext_t& context) {
  const auto& r = context.uc_mcontext.regs;
  return {.number = info.si_syscall, .arguments = {r[0], r[1], r[2], r[3], r[4], r[5]}};
}
void SetResult(ucontext_t& context, long result) {
  context.uc_mcontext.regs[0] = static_cast<Word>(result);
}
#else
#error "The registers of a system call on this architecture are not known here."
#endif

void OnTrap(int /*signal*/, siginfo_t* info, void* context) {
  // Sent by somebody, it means nothing.
  if (info->si_code != kFromFilter) return;
  const int saved_errno = errno;
  auto& registers = *static_cast<ucontext_t*>(context);
  SetResult(registers, Answer(CallOf(*info, registers)));
  errno = saved_errno;
}

}  // namespace

void OpenNullDevice() {
  if (state.null_device >= 0) return;
  const int fd = ::open(kNullDevice.data(), O_RDWR | O_CLOEXEC);
  if (fd >= 0 && ::fstat(fd, &state.null_status) == 0) state.null_device = fd;
}

Result<void> InstallTrap(LibraryFiles libraries) {
  state.libraries = new LibraryFiles(std::move(libraries));
  struct sigaction action{};
  action.sa_sigaction = &OnTrap;
  // Without SA_ONSTACK: libraries make alternate stacks that are too small for paths.
  action.sa_flags = SA_SIGINFO;
  ::sigemptyset(&action.sa_mask);
  if (::sigaction(SIGSYS, &action, nullptr) == 0) return {};
  return base::Fail(ErrorCode::kRuntimeError, "can't answer a backend's calls for files: {}",
                    base::SystemWording(errno));
}

}  // namespace namesake::backend_program
