// Models at paths that exist only in this process.
//
// A backend's readers want paths, but its process can name no file of the machine. Once a
// SystemCallLock is closed, each system call that takes a path is answered here instead of by the
// kernel: a model's files exist beneath a root of their own, such as "/models/7", and a
// FileOpener supplies a descriptor for each open. The directories above the files can be found, but
// not listed. /dev/null exists as well, and nothing else does.
#ifndef NAMESAKE_SRC_BACKEND_PROGRAM_VIRTUAL_FILES_H_
#define NAMESAKE_SRC_BACKEND_PROGRAM_VIRTUAL_FILES_H_

#include <sys/stat.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "namesake/error.h"

namespace namesake::backend_program {

struct VirtualFile {
  // Relative to the root, such as "variables/variables.index".
  std::string path;
  // That of a regular file, as stat() shall answer.
  struct stat status{};
  // Whether it may be opened for writing, too. Opening it never truncates it.
  bool is_writable = false;
};

// Supplies descriptors for the files of one root.
class FileOpener {
 public:
  // Returns a new descriptor, or a negative errno: for a writable file one for writing, otherwise
  // one for reading with an offset of its own. `file` is the index in the list that was registered.
  //
  // Called in the handler of a signal, at the call of open() that it answers; by any thread, and by
  // several at once. Everything that it calls must be async-signal-safe: no memory is allocated,
  // and a mutex is taken only if nothing opens a file while holding it. It must name no path
  // itself.
  virtual int Open(std::size_t file) noexcept = 0;

 protected:
  ~FileOpener() = default;
};

// Files beneath a root, which exist until this is destroyed. Movable.
class VirtualFiles {
 public:
  // At once in one process. A load needs one.
  static constexpr std::size_t kMost = 1024;

  // `root` is absolute; roots do not lie in each other. `opener` must outlive the result. Errors:
  // resource_exhausted beyond kMost; internal for paths that are no such paths, for two files of
  // one path, and for a file that is not a regular one.
  static Result<VirtualFiles> Register(std::string root, std::vector<VirtualFile> files,
                                       FileOpener& opener);

  VirtualFiles(VirtualFiles&& other) noexcept : slot_(std::exchange(other.slot_, kMost)) {}
  VirtualFiles& operator=(VirtualFiles&& other) noexcept {
    std::swap(slot_, other.slot_);
    return *this;
  }
  // Waits until no call that has found the files uses them any more. Descriptors stay open.
  ~VirtualFiles();

 private:
  explicit VirtualFiles(std::size_t slot) : slot_(slot) {}

  std::size_t slot_;
};

}  // namespace namesake::backend_program

#endif  // NAMESAKE_SRC_BACKEND_PROGRAM_VIRTUAL_FILES_H_
