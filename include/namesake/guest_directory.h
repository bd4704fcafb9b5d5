// Directories that a guest has, and the paths that it writes beneath them.
#ifndef NAMESAKE_GUEST_DIRECTORY_H_
#define NAMESAKE_GUEST_DIRECTORY_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace namesake {

enum class GuestAccess : std::uint8_t { kRead, kReadWrite };

// A directory that a guest has been given: where it is on the host, the guest's name for it, and
// what the guest may do beneath it.
struct GuestDirectory {
  std::filesystem::path host;
  std::string guest;
  GuestAccess access = GuestAccess::kReadWrite;
};

// The longest path of a guest's that is looked at, in bytes.
inline constexpr std::size_t kMaxGuestPathBytes = 4096;

}  // namespace namesake

#endif  // NAMESAKE_GUEST_DIRECTORY_H_
