// Opens files by a guest's paths, without leaving the guest's directory.
//
// The kernel resolves the path, links included, in one step (openat2 with RESOLVE_BENEATH), so
// replacing a directory with a link in the meantime achieves nothing. Messages reach guests, so
// none contains a path of the host.
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
  std::uint64_t bytes;  // For a regular file; its size when opened.
};

// `path` is relative to the open `directory` and contains no NUL; `shown` is the guest's name for
// the file. Refuses anything but regular files and directories; opening a pipe does not block.
// Errors: security for a path that leads out of the directory; invalid_argument for a path that
// does not exist or has another type; unsupported before Linux 5.6; runtime_error with the system's
// reason for anything else.
Result<OpenedFile> OpenBeneath(const base::FileDescriptor& directory, const std::string& path,
                               std::string_view shown);

// Like OpenBeneath, but require a regular file or a directory, respectively. Errors: also
// invalid_argument for the other kind.
Result<OpenedFile> OpenFileBeneath(const base::FileDescriptor& directory, const std::string& path,
                                   std::string_view shown);
Result<OpenedFile> OpenDirectoryBeneath(const base::FileDescriptor& directory,
                                        const std::string& path, std::string_view shown);

// Whether the path does not exist.
bool IsAbsentBeneath(const base::FileDescriptor& directory, const std::string& path);

}  // namespace namesake::guest_models

#endif  // NAMESAKE_GUEST_MODELS_BENEATH_H_
