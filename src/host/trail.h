// Which directories decide what a path leads to.
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

// One directory, by whatever name.
struct DirectoryId {
  dev_t device = 0;
  ino_t inode = 0;

  friend auto operator<=>(const DirectoryId&, const DirectoryId&) = default;
};

using DirectoryIds = std::set<DirectoryId>;

struct Trail {
  // Each directory in which a name of the path is looked up, that of a link and that of its target
  // alike, and all that lie above one of them: whoever may write beneath any of these can lead the
  // path elsewhere, or exchange what it leads to. What ".." leaves counts only by what is above it.
  DirectoryIds passed;
  // The directory at the end of the path; empty where it ends at anything else.
  DirectoryIds ends;
};

// Follows the path part by part as the kernel does, a relative one from the working directory. A
// part that is not there, or that this process can't look at, is taken for a directory that is yet
// to be made; so is what a link leads to that leads nowhere. Errors: runtime_error with the path
// and the system's reason, where that can't be told from a part that is not there.
Result<Trail> FollowPath(const std::filesystem::path& path, const Mounts& mounts);

// A directory that somebody may write beneath.
struct OpenedDirectory {
  DirectoryId id;
  // Itself, and all that lie above it.
  DirectoryIds above;
};

// Errors: runtime_error with the path and the system's reason.
Result<OpenedDirectory> OpenDirectory(const std::filesystem::path& path, const Mounts& mounts);

// Whether somebody who may write beneath the directory decides what the path leads to, or may write
// in the directory that it ends at.
bool Reaches(const OpenedDirectory& directory, const Trail& trail);

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_TRAIL_H_
