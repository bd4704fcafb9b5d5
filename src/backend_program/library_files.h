// The folders of a backend's libraries, as they are when the sandbox closes.
#ifndef NAMESAKE_SRC_BACKEND_PROGRAM_LIBRARY_FILES_H_
#define NAMESAKE_SRC_BACKEND_PROGRAM_LIBRARY_FILES_H_

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "backend_program/sandbox.h"
#include "namesake/error.h"

namespace namesake::backend_program {

// A folder's entries are listed once, so that only opening one needs the opener: libraries look for
// many files that are not there, and at the status of all that are. Constant after construction,
// and its lookups are async-signal-safe.
class LibraryFiles {
 public:
  // Lists the folders, which must be readable. Errors: runtime_error; internal for a path that is
  // no folder's.
  static Result<LibraryFiles> List(const std::vector<std::filesystem::path>& folders,
                                   LibraryOpener* opener);

  // Returns the rest of a path in one of the folders, "." for a folder itself, or null elsewhere.
  // `path` is clean (clean_path.h) and followed by a NUL, and so is the rest.
  const char* Find(std::string_view path) const noexcept;

  // Both take what Find() has returned. Status returns 0 or a negative errno, Open a descriptor or
  // a negative errno.
  long Status(const char* file, struct stat& status) const noexcept;
  int Open(const char* file) const noexcept;

 private:
  struct Entry {
    std::string name;
    struct stat status{};
  };

  // The entry for the first part of the path; null if there is none.
  const Entry* FindEntry(std::string_view file) const noexcept;
  Result<void> ListEntries(const std::filesystem::path& folder);

  std::vector<std::string> folders_;
  // The content of the folders, which are spellings of one; sorted by name.
  std::vector<Entry> entries_;
  LibraryOpener* opener_ = nullptr;
};

}  // namespace namesake::backend_program

#endif  // NAMESAKE_SRC_BACKEND_PROGRAM_LIBRARY_FILES_H_
