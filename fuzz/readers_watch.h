// Runs untrusted code in a separate process, and watches what that process opens and touches.
#ifndef NAMESAKE_FUZZ_READERS_WATCH_H_
#define NAMESAKE_FUZZ_READERS_WATCH_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace namesake::fuzz {

enum class OpenMode : std::uint8_t { kRead, kWrite };

struct WatchRules {
  std::filesystem::path working_directory;
  // Returns whether the process may open a file, given its path: absolute and without links, or
  // what /proc/self/fd shows for a descriptor. Any other open is a breach, as is starting a program
  // or connecting.
  std::function<bool(const std::filesystem::path& file, OpenMode mode)> may_open;
};

enum class Ending : std::uint8_t {
  kTook,     // The body returned true.
  kRefused,  // The body returned false.
  kCrashed,  // By a signal or by a sanitizer's finding.
  kStopped,  // It took too long, or too much memory.
};

struct Watched {
  Ending ending = Ending::kTook;
  // The first thing that the process did against the rules; empty if it kept them.
  std::string breach{};
};

// An address that models may give as that of their values. No memory is there; touching it is a
// breach.
inline constexpr std::uintptr_t kForbiddenAddress = 100'000'000'000'000;

// Returns whether `file` is `folder` or beneath it, by spelling only.
bool LiesIn(const std::filesystem::path& file, const std::filesystem::path& folder);

// Keeps everything else away from kForbiddenAddress. Call once, first.
void ReserveForbiddenAddress();

// Runs `body` in a fork of this process and waits for its end. Not for several threads at once.
Watched RunWatched(const WatchRules& rules, const std::function<bool()>& body);

// Ends this process unless RunWatched sees what it should, for instance because the kernel lacks
// seccomp user notification. Call after ReserveForbiddenAddress.
void CheckWatch();

}  // namespace namesake::fuzz

#endif  // NAMESAKE_FUZZ_READERS_WATCH_H_
