#include "host/mounts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include "base/fail.h"

namespace namesake::host {
namespace {

namespace fs = std::filesystem;

FileType TypeOf(mode_t mode) {
  if (S_ISDIR(mode)) return FileType::kDirectory;
  return S_ISLNK(mode) ? FileType::kLink : FileType::kOther;
}

// Decodes what the kernel escapes as three octal digits: blanks, line ends and backslashes.
std::string Unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const char* const digits = text.data() + i + 1;
    if (text[i] == '\\' && text.size() - i > 3 &&
        std::from_chars(digits, digits + 3, value, 8).ptr == digits + 3) {
      plain += static_cast<char>(value);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// Returns `path` relative to `directory`; empty if it is not below it.
std::optional<fs::path> Beneath(const fs::path& path, const fs::path& directory) {
  const auto [rest, end] = std::ranges::mismatch(path, directory);
  if (end != directory.end()) return std::nullopt;
  fs::path beneath;
  for (auto part = rest; part != path.end(); ++part) beneath /= *part;
  return beneath;
}

// Returns the file's path according to the kernel.
fs::path PathOf(const base::FileDescriptor& file) {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/fd/" + std::to_string(file.get()), ignored);
}

fs::path Join(const fs::path& directory, const fs::path& beneath) {
  return beneath.empty() ? directory : directory / beneath;
}

base::FileDescriptor OpenPath(const fs::path& path, int flags) {
  return base::FileDescriptor(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC | flags));
}

}  // namespace

Result<FileIdentity> IdentityOf(const base::FileDescriptor& file) {
  struct statx status{};
  if (::statx(file.get(), "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
              STATX_TYPE | STATX_INO | STATX_MNT_ID, &status) != 0) {
    return base::Fail(ErrorCode::kRuntimeError, "{}", base::SystemReason(errno));
  }
  return FileIdentity{.device = ::makedev(status.stx_dev_major, status.stx_dev_minor),
                      .inode = status.stx_ino,
                      .mount = (status.stx_mask & STATX_MNT_ID) != 0 ? status.stx_mnt_id : 0,
                      .type = TypeOf(status.stx_mode)};
}

Mounts Mounts::Read() {
  std::ifstream file("/proc/self/mountinfo", std::ios::binary);
  return Parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

Mounts Mounts::Parse(std::string_view text) {
  Mounts mounts;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    Mount mount;
    std::string parent;
    std::string root;
    std::string point;
    if (fields >> mount.id >> parent >> mount.device >> root >> point) {
      mount.root = Unescape(root);
      mount.point = Unescape(point);
      mounts.mounts_.push_back(std::move(mount));
    }
  }
  return mounts;
}

std::vector<base::FileDescriptor> Mounts::OtherNames(const base::FileDescriptor& file,
                                                     const FileIdentity& identity) const {
  std::vector<base::FileDescriptor> names;
  const auto own = std::ranges::find(mounts_, identity.mount, &Mount::id);
  if (identity.mount == 0 || own == mounts_.end()) return names;
  const auto shares = [&](const Mount& mount) {
    return mount.id != own->id && mount.device == own->device;
  };
  if (std::ranges::none_of(mounts_, shares)) return names;
  const auto beneath_own = Beneath(PathOf(file), own->point);
  if (!beneath_own) return names;
  const fs::path in_filesystem = Join(own->root, *beneath_own);
  for (const Mount& mount : mounts_) {
    const auto beneath = shares(mount) ? Beneath(in_filesystem, mount.root) : std::nullopt;
    if (!beneath) continue;
    const fs::path name = Join(mount.point, *beneath);
    base::FileDescriptor opened = OpenPath(name, 0);
    const auto found = opened.valid() ? IdentityOf(opened) : Result<FileIdentity>();
    // Another mount may cover it.
    if (!opened.valid() || !found || found->mount != mount.id || found->inode != identity.inode) {
      continue;
    }
    if (identity.type != FileType::kDirectory) opened = OpenPath(name.parent_path(), O_DIRECTORY);
    if (opened.valid()) names.push_back(std::move(opened));
  }
  return names;
}

}  // namespace namesake::host
