// Opens what a guest names, without leaving the directory that the guest has.
//
// The kernel resolves the path, links included, in one step (openat2 with RESOLVE_BENEATH), so that
// nothing is gained by exchanging a directory for a link meanwhile. No message has a path of the
// host in it: messages reach guests.
#ifndef NAMESAKE_GUEST_MODELS_BENEATH_H_
#define NAMESAKE_GUEST_MODELS_BENEATH_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file.h"
#include "namesake/error.h"

namespace namesake::guest_models {

enum class FileKind : std::uint8_t { kRegular, kDirectory };

// Open for reading, without blocking.
struct OpenedFile {
  base::FileDescriptor descriptor;
  FileKind kind;
  std::uint64_t bytes;  // Of a regular file, as it was when it was opened.
};

// `path` is relative to the open `directory` and has no NUL in it; `shown` is what the guest calls
// the file. What is neither a regular file nor a directory is refused; opening a pipe does not
// wait. Errors: security for a path that leads out of the directory; invalid_argument for one that
// leads nowhere or to something else; unsupported before Linux 5.6; runtime_error with the system's
// reason for the rest.
Result<OpenedFile> OpenBeneath(const base::FileDescriptor& directory, const std::string& path,
                               std::string_view shown);

// The same for what must be a regular file and what must be a directory: invalid_argument if it is
// not.
Result<OpenedFile> OpenFileBeneath(const base::FileDescriptor& directory, const std::string& path,
                                   std::string_view shown);
Result<OpenedFile> OpenDirectoryBeneath(const base::FileDescriptor& directory,
                                        const std::string& path, std::string_view shown);

// Whether the path leads nowhere.
bool IsAbsentBeneath(const base::FileDescriptor& directory, const std::string& path);

}  // namespace namesake::guest_models

#endif  // NAMESAKE_GUEST_MODELS_BENEATH_H_
