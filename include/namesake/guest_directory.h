// Directories that a guest has, and the paths that it writes beneath them.
#ifndef NAMESAKE_GUEST_DIRECTORY_H_
#define NAMESAKE_GUEST_DIRECTORY_H_

#include <cstddef>
#include <filesystem>
#include <string>

namespace namesake {

// A directory that a guest has been given: where it is on the host, and the guest's name for it.
struct GuestDirectory {
  std::filesystem::path host;
  std::string guest;
};

// The longest path of a guest's that is looked at, in bytes.
inline constexpr std::size_t kMaxGuestPathBytes = 4096;

}  // namespace namesake

#endif  // NAMESAKE_GUEST_DIRECTORY_H_
