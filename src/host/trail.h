// Determines which directories decide where a path leads.
#ifndef NAMESAKE_HOST_TRAIL_H_
#define NAMESAKE_HOST_TRAIL_H_

#include <sys/types.h>

#include <compare>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "host/mounts.h"
#include "namesake/error.h"

namespace namesake::host {

// A directory, whatever its name.
struct DirectoryId {
  dev_t device = 0;
  ino_t inode = 0;

  friend auto operator<=>(const DirectoryId&, const DirectoryId&) = default;
};

using DirectoryIds = std::set<DirectoryId>;

struct Trail {
  // Each directory in which a part of the path is looked up, for links and their targets alike, and
  // all directories above these. Whoever may write below any of them can redirect the path or
  // replace its target. A directory left by ".." is not included, but those above it are.
  DirectoryIds passed;
  // The directory at the end of the path; empty if the path ends at anything else.
  DirectoryIds ends;
};

// Follows the path part by part like the kernel; a relative one starts at the working directory. A
// part that does not exist or is not accessible counts as a directory yet to be made, and so does
// the target of a dangling link. Errors: runtime_error with the path and the system's reason, if it
// can't be determined whether a part exists.
Result<Trail> FollowPath(const std::filesystem::path& path, const Mounts& mounts);

// A directory below which somebody may write.
struct OpenedDirectory {
  DirectoryId id;
  // The directory itself, and all directories above it.
  DirectoryIds above;
};

// Errors: runtime_error with the path and the system's reason.
Result<OpenedDirectory> OpenDirectory(const std::filesystem::path& path, const Mounts& mounts);

// Whether somebody who may write below the directory can redirect the path, or write to the
// directory at its end.
bool Reaches(const OpenedDirectory& directory, const Trail& trail);

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_TRAIL_H_
