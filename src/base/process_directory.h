// Directories that a process has for as long as it lives, and that the next one removes when it was
// killed.
//
// A root directory holds one for each process that needs one. A process keeps a lock on its own, by
// which others tell what a killed one has left behind from what is in use. Everything is for this
// user alone.
#ifndef NAMESAKE_BASE_PROCESS_DIRECTORY_H_
#define NAMESAKE_BASE_PROCESS_DIRECTORY_H_

#include <filesystem>
#include <utility>

#include "base/file.h"
#include "namesake/error.h"

namespace namesake::base {

// Removed with all that is in it when this ends; what can't be removed is logged, and left for a
// later process to remove. Movable.
class ProcessDirectory {
 public:
  // A new empty one beneath `root`, which is made where it is not there. Errors: runtime_error with
  // the reason alone when others may write to the root, or it can't be made or written.
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

// Removes a directory with its content, and logs what can't be removed. Links are not followed.
void RemoveWithContent(const std::filesystem::path& path) noexcept;

// Removes the directories of killed processes beneath `root`, which need not be there. Nothing of a
// process that lives, and nothing that is not named as these directories are.
void RemoveLeftBehind(const std::filesystem::path& root);

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_PROCESS_DIRECTORY_H_
