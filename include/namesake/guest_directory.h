// Directories that a guest is given, and the paths that it uses beneath them.
#ifndef NAMESAKE_GUEST_DIRECTORY_H_
#define NAMESAKE_GUEST_DIRECTORY_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace namesake {

enum class GuestAccess : std::uint8_t { kRead, kReadWrite };

// A directory that a guest is given: its path on the host, the guest's name for it, and what the
// guest may do beneath it.
struct GuestDirectory {
  std::filesystem::path host;
  std::string guest;
  GuestAccess access = GuestAccess::kReadWrite;
};

// The longest path accepted from a guest, in bytes.
inline constexpr std::size_t kMaxGuestPathBytes = 4096;

}  // namespace namesake

#endif  // NAMESAKE_GUEST_DIRECTORY_H_
