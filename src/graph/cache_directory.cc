#include "graph/cache_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <string_view>

#include "base/fail.h"
#include "graph/entry_file.h"

namespace namesake::graph {
namespace {

using Clock = std::chrono::system_clock;

constexpr std::size_t kKeyDigits = 64;

bool BeginsWithKey(std::string_view name) {
  return name.size() > kKeyDigits &&
         std::ranges::all_of(name.substr(0, kKeyDigits), [](char digit) {
           return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
         });
}

bool IsEntry(std::string_view name) {
  return BeginsWithKey(name) && name.substr(kKeyDigits) == kEntrySuffix;
}

// KEY.PROCESS.NUMBER.RANDOM.tmp
bool IsTemporary(std::string_view name) {
  return BeginsWithKey(name) && name[kKeyDigits] == '.' && name.ends_with(kTemporarySuffix);
}

// A file's access time would tell of uses too, but most mounts keep it only to the day (relatime)
// or not at all (noatime), and a backup sets it. A hit therefore sets the time of the last change.
Clock::time_point LastUsed(const struct stat& status) {
  return Clock::time_point(std::chrono::duration_cast<Clock::duration>(
      std::chrono::seconds(status.st_mtim.tv_sec) +
      std::chrono::nanoseconds(status.st_mtim.tv_nsec)));
}

}  // namespace

Result<CacheDirectory> CacheDirectory::List(const std::filesystem::path& path) {
  const auto fail = [&] {
    return base::Fail(ErrorCode::kRuntimeError, "can't list {}: {}", path.string(),
                      base::SystemReason(errno));
  };
  base::FileDescriptor opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.valid()) return fail();
  // The stream closes a descriptor of its own.
  const int duplicate = ::fcntl(opened.get(), F_DUPFD_CLOEXEC, 0);
  const auto close = [](::DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<::DIR, decltype(close)> stream(duplicate < 0 ? nullptr
                                                                     : ::fdopendir(duplicate));
  if (stream == nullptr) {
    const auto failed = fail();
    if (duplicate >= 0) ::close(duplicate);
    return failed;
  }
  CacheDirectory directory(std::move(opened));
  for (;;) {
    errno = 0;
    const ::dirent* const entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    directory.Take(static_cast<const char*>(entry->d_name));
  }
  if (errno != 0) return fail();
  return directory;
}

void CacheDirectory::Take(const char* name) {
  const bool is_entry = IsEntry(name);
  if (!is_entry && !IsTemporary(name)) return;
  struct stat status{};
  // Another process may have removed it.
  if (::fstatat(directory_.get(), name, &status, AT_SYMLINK_NOFOLLOW) != 0) return;
  if (!S_ISREG(status.st_mode) || !base::IsTrusted(status)) return;
  File file = {.name = name,
               .bytes = static_cast<std::uint64_t>(status.st_size),
               .inode = status.st_ino,
               .last_used = LastUsed(status)};
  if (is_entry) {
    entries_.push_back(std::move(file));
  } else if (file.last_used < Clock::now() - std::chrono::hours(1)) {
    abandoned_.push_back(std::move(file));
  }
}

std::optional<FormOrigin> CacheDirectory::OriginOf(const File& file) const {
  const base::FileDescriptor opened(::openat(directory_.get(), file.name.c_str(),
                                             O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!opened.valid()) return std::nullopt;
  const auto header = ReadHeader(opened.get(), file.bytes);
  if (!header) return std::nullopt;
  return graph::OriginOf(*header);
}

CacheDirectory::Change CacheDirectory::ChangeOf(const File& file) const {
  struct stat status{};
  if (::fstatat(directory_.get(), file.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return Change::kGone;
  }
  const bool is_same = status.st_ino == file.inode && LastUsed(status) == file.last_used;
  return is_same ? Change::kNone : Change::kUsed;
}

int CacheDirectory::Remove(const File& file) const {
  if (::unlinkat(directory_.get(), file.name.c_str(), 0) == 0 || errno == ENOENT) return 0;
  return errno;
}

}  // namespace namesake::graph
