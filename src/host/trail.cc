#include "host/trail.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <string>
#include <tuple>
#include <utility>

#include "base/fail.h"

namespace namesake::host {
namespace {

namespace fs = std::filesystem;

constexpr int kFolder = O_PATH | O_DIRECTORY | O_CLOEXEC;
// The limit of the kernel.
constexpr int kMostLinks = 40;

// Whether the error means that part of a path does not exist, or is not accessible to this process.
bool IsAbsence(int error_number) {
  constexpr std::array kAbsent = {ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG, EINVAL};
  return std::ranges::find(kAbsent, error_number) != kAbsent.end();
}

// Collects directories, each with all directories above it.
class Collector {
 public:
  explicit Collector(const Mounts& mounts) : mounts_(mounts) {}

  Result<void> Add(const base::FileDescriptor& file, const FileIdentity& identity) {
    for (const base::FileDescriptor& folder : mounts_.OtherNames(file, identity)) {
      if (auto added = AddUpwards(folder); !added) return added;
    }
    return identity.type == FileType::kDirectory ? AddUpwards(file) : Result<void>();
  }

  DirectoryIds Take() && { return std::move(ids_); }

 private:
  // A directory as seen through one mount; its parent depends on the mount.
  using Seen = std::tuple<std::uint64_t, dev_t, ino_t>;

  Result<void> AddUpwards(const base::FileDescriptor& directory) {
    base::FileDescriptor above;
    const base::FileDescriptor* current = &directory;
    for (;;) {
      const auto identity = IdentityOf(*current);
      if (!identity) return base::Fail(identity);
      ids_.insert({identity->device, identity->inode});
      // Also stops at the root, which is its own parent.
      if (!seen_.emplace(identity->mount, identity->device, identity->inode).second) return {};
      base::FileDescriptor next(::openat(current->get(), "..", kFolder));
      if (!next.valid()) {
        // Nobody gets further up through a directory that can't be searched.
        if (IsAbsence(errno)) return {};
        return base::Fail(ErrorCode::kRuntimeError, "{}", base::SystemReason(errno));
      }
      above = std::move(next);
      current = &above;
    }
  }

  const Mounts& mounts_;
  DirectoryIds ids_;
  std::set<Seen> seen_;
};

class Walk {
 public:
  explicit Walk(const Mounts& mounts) : collector_(mounts) {}

  Result<Trail> Run(const fs::path& path) {
    if (auto begun = Begin(path); !begun) return base::Fail(std::move(begun));
    while (!parts_.empty()) {
      const std::string part = std::move(parts_.front());
      parts_.pop_front();
      if (part.empty() || part == ".") continue;
      if (absent_ > 0) {
        absent_ += part == ".." ? -1 : 1;
        continue;
      }
      if (auto looked_up = LookUp(part); !looked_up) return base::Fail(std::move(looked_up));
    }
    return End();
  }

 private:
  // Inserts the path's parts before the remaining ones.
  Result<void> Begin(const fs::path& path) {
    const fs::path relative = path.relative_path();
    parts_.insert(parts_.begin(), relative.begin(), relative.end());
    if (path.is_absolute()) return Enter(base::FileDescriptor(::open("/", kFolder)));
    return current_.valid() ? Result<void>() : Enter(base::FileDescriptor(::open(".", kFolder)));
  }

  Result<void> Enter(base::FileDescriptor directory) {
    if (!directory.valid()) {
      return base::Fail(ErrorCode::kRuntimeError, "{}", base::SystemReason(errno));
    }
    const auto identity = IdentityOf(directory);
    if (!identity) return base::Fail(identity);
    current_ = std::move(directory);
    identity_ = *identity;
    return {};
  }

  Result<void> LookUp(const std::string& part) {
    // Whoever may write in a directory can't move the directory itself, so its ".." always leads to
    // the same parent.
    const bool upwards = part == "..";
    if (!upwards) {
      if (auto added = collector_.Add(current_, identity_); !added) return added;
    }
    base::FileDescriptor next(
        ::openat(current_.get(), part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!next.valid()) {
      if (!IsAbsence(errno)) {
        return base::Fail(ErrorCode::kRuntimeError, "{}", base::SystemReason(errno));
      }
      absent_ = 1;
      return {};
    }
    const auto identity = IdentityOf(next);
    if (!identity) return base::Fail(identity);
    if (identity->type == FileType::kDirectory) {
      if (auto entered = Enter(std::move(next)); !entered) return entered;
      return upwards ? collector_.Add(current_, identity_) : Result<void>();
    }
    if (identity->type == FileType::kLink) return Follow(part, next);
    absent_ = 1;  // A file has nothing below it.
    return collector_.Add(next, *identity);
  }

  Result<void> Follow(const std::string& part, const base::FileDescriptor& link) {
    if (++links_ > kMostLinks) {
      parts_.clear();
      absent_ = 1;
      return {};
    }
    struct statfs filesystem{};
    if (::fstatfs(link.get(), &filesystem) == 0 && filesystem.f_type == PROC_SUPER_MAGIC) {
      // The text of such a link need not be a path.
      base::FileDescriptor directory(::openat(current_.get(), part.c_str(), kFolder));
      if (directory.valid()) return Enter(std::move(directory));
    }
    std::array<char, PATH_MAX> text;
    const ssize_t bytes = ::readlinkat(link.get(), "", text.data(), text.size());
    if (bytes < 0) return base::Fail(ErrorCode::kRuntimeError, "{}", base::SystemReason(errno));
    return Begin(fs::path(std::string(text.data(), static_cast<std::size_t>(bytes))));
  }

  Result<Trail> End() {
    Trail trail;
    if (absent_ == 0) {
      if (auto added = collector_.Add(current_, identity_); !added) {
        return base::Fail(std::move(added));
      }
      trail.ends.insert({identity_.device, identity_.inode});
    }
    trail.passed = std::move(collector_).Take();
    return trail;
  }

  Collector collector_;
  std::deque<std::string> parts_;
  base::FileDescriptor current_;
  FileIdentity identity_;
  // The number of parts between the current directory and the path's current position that are not
  // directories.
  int absent_ = 0;
  int links_ = 0;
};

}  // namespace

Result<Trail> FollowPath(const fs::path& path, const Mounts& mounts) {
  auto trail = Walk(mounts).Run(path);
  if (trail) return trail;
  return std::unexpected(trail.error().WithContext("can't follow " + path.string()));
}

Result<OpenedDirectory> OpenDirectory(const fs::path& path, const Mounts& mounts) {
  const auto fail = [&](std::string_view reason) {
    return base::Fail(ErrorCode::kRuntimeError, "can't open the directory {}: {}", path.string(),
                      reason);
  };
  const base::FileDescriptor directory(::open(path.c_str(), kFolder));
  if (!directory.valid()) return fail(base::SystemReason(errno));
  const auto identity = IdentityOf(directory);
  if (!identity) return fail(identity.error().detail());
  Collector collector(mounts);
  if (auto added = collector.Add(directory, *identity); !added) {
    return fail(added.error().detail());
  }
  return OpenedDirectory{.id = {identity->device, identity->inode},
                         .above = std::move(collector).Take()};
}

bool Reaches(const OpenedDirectory& directory, const Trail& trail) {
  return trail.passed.contains(directory.id) ||
         std::ranges::any_of(trail.ends,
                             [&](const DirectoryId& end) { return directory.above.contains(end); });
}

}  // namespace namesake::host
