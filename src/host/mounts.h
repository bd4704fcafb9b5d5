// Finds other names of a file or directory: bind mounts can make it visible at several paths, each
// with other parent directories.
#ifndef NAMESAKE_HOST_MOUNTS_H_
#define NAMESAKE_HOST_MOUNTS_H_

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace namesake::host {

enum class FileType : std::uint8_t { kDirectory, kLink, kOther };

// The file behind an open descriptor.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  // 0 if the kernel does not report it.
  std::uint64_t mount = 0;
  FileType type = FileType::kOther;
};

// Errors: runtime_error with the system's reason.
Result<FileIdentity> IdentityOf(const base::FileDescriptor& file);

// A snapshot of the process's mounts. Immutable.
class Mounts {
 public:
  // Empty without /proc: every file then has one name.
  static Mounts Read();
  // Parses the text of /proc/self/mountinfo.
  static Mounts Parse(std::string_view text);

  // Opens the file under each other mount that shows it: a directory itself, or the folder of a
  // file.
  std::vector<base::FileDescriptor> OtherNames(const base::FileDescriptor& file,
                                               const FileIdentity& identity) const;

 private:
  struct Mount {
    std::uint64_t id = 0;
    // The filesystem, such as "8:1".
    std::string device{};
    // The directory of the filesystem that is visible at `point`.
    std::filesystem::path root{};
    std::filesystem::path point{};
  };

  std::vector<Mount> mounts_;
};

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_MOUNTS_H_
