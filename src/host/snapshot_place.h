// Where copies of guests' models lie where nobody has chosen a place.
#ifndef NAMESAKE_HOST_SNAPSHOT_PLACE_H_
#define NAMESAKE_HOST_SNAPSHOT_PLACE_H_

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

namespace namesake {

// One for each user, in the directory for temporary files.
inline std::filesystem::path DefaultSnapshotDir(const std::filesystem::path& temporary) {
  return temporary / fmt::format("namesake-{}", ::geteuid());
}

}  // namespace namesake

#endif  // NAMESAKE_HOST_SNAPSHOT_PLACE_H_
