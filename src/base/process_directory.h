// Directories that live as long as a process; a later process removes those of killed ones.
//
// A root directory holds one for each process that needs it. A process holds a lock on its own,
// which tells others whether it is in use or was left behind by a killed process. Only this user
// has access.
#ifndef NAMESAKE_BASE_PROCESS_DIRECTORY_H_
#define NAMESAKE_BASE_PROCESS_DIRECTORY_H_

#include <filesystem>
#include <utility>

#include "base/file.h"
#include "namesake/error.h"

namespace namesake::base {

// Removed with its content by the destructor. Logs what can't be removed, which is left for a later
// process. Movable.
class ProcessDirectory {
 public:
  // Makes a new empty directory in `root`, which is made if missing. Errors: runtime_error, without
  // the path, if others may write to the root or if it can't be made or written.
  static Result<ProcessDirectory> Make(const std::filesystem::path& root);

  ProcessDirectory(ProcessDirectory&& other) noexcept
      : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}
  ProcessDirectory& operator=(ProcessDirectory&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(lock_, other.lock_);
    return *this;
  }
  ~ProcessDirectory();

  const std::filesystem::path& path() const { return path_; }

 private:
  ProcessDirectory(std::filesystem::path path, FileDescriptor lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::filesystem::path path_;
  FileDescriptor lock_;
};

// Removes a directory with its content, and logs what can't be removed. Does not follow links.
void RemoveWithContent(const std::filesystem::path& path) noexcept;

// Removes the directories of killed processes in `root`, which may be missing. Leaves those of live
// processes, and anything whose name does not match.
void RemoveLeftBehind(const std::filesystem::path& root);

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_PROCESS_DIRECTORY_H_
