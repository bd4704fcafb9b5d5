// Where else in the tree of files a file or directory is to be seen: bind mounts give it several
// names, and each has other directories above it.
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
  // 0 where the kernel does not say.
  std::uint64_t mount = 0;
  FileType type = FileType::kOther;
};

// Errors: runtime_error with the system's reason.
Result<FileIdentity> IdentityOf(const base::FileDescriptor& file);

// The process's mounts at one moment. Immutable.
class Mounts {
 public:
  // Empty where /proc is not there: every file then has one name.
  static Mounts Read();
  // Reads the text of /proc/self/mountinfo.
  static Mounts Parse(std::string_view text);

  // By each other mount that shows the file: the directory itself, or the folder that a file is in.
  std::vector<base::FileDescriptor> OtherNames(const base::FileDescriptor& file,
                                               const FileIdentity& identity) const;

 private:
  struct Mount {
    std::uint64_t id = 0;
    // "8:1": the filesystem.
    std::string device{};
    // Which of the filesystem's directories is seen at `point`.
    std::filesystem::path root{};
    std::filesystem::path point{};
  };

  std::vector<Mount> mounts_;
};

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_MOUNTS_H_
