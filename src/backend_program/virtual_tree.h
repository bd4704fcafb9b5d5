// Looks up virtual files (virtual_files.h). Async-signal-safe.
#ifndef NAMESAKE_SRC_BACKEND_PROGRAM_VIRTUAL_TREE_H_
#define NAMESAKE_SRC_BACKEND_PROGRAM_VIRTUAL_TREE_H_

#include <sys/stat.h>

#include <cstddef>
#include <string_view>

#include "backend_program/virtual_files.h"

namespace namesake::backend_program {

// The file or folder at a path, if any. Keeps a registration from ending while it exists.
class VirtualEntry {
 public:
  // `path` is absolute, without empty parts, "." or "..", and without a slash at the end.
  explicit VirtualEntry(std::string_view path) noexcept;
  VirtualEntry(const VirtualEntry&) = delete;
  VirtualEntry& operator=(const VirtualEntry&) = delete;
  ~VirtualEntry();

  bool exists() const { return exists_; }
  bool is_file() const { return opener_ != nullptr; }
  // Whether a part of the path but the last is a file.
  bool is_below_file() const { return is_below_file_; }
  // The rest is only for what exists.
  const struct stat& status() const { return status_; }
  bool is_writable() const { return is_writable_; }
  // Only for a file. As FileOpener::Open.
  int Open() const noexcept { return opener_->Open(file_); }

 private:
  bool LookIn(std::size_t slot, std::string_view path) noexcept;

  bool exists_ = false;
  bool is_below_file_ = false;
  bool is_writable_ = false;
  struct stat status_{};
  FileOpener* opener_ = nullptr;
  std::size_t file_ = 0;
  // The slot that is held; kMost for none.
  std::size_t slot_ = VirtualFiles::kMost;
};

}  // namespace namesake::backend_program

#endif  // NAMESAKE_SRC_BACKEND_PROGRAM_VIRTUAL_TREE_H_
