// Where the host lives: the paths that it reads and writes, and how guests are kept from writing
// there.
//
//   auto guard = namesake::GuardHost(config, namesake::PlacesOfProcess(), directories);
//   if (!guard) return Show(guard.error());
//   for (const auto& warning : guard->warnings) Show(warning);
//   // Give the guest each directory with guard->access, and make the host of `config`.
//
// A guest that can write a model, the configuration or a library, or a link to one of them, decides
// what the host reads next. Directories are compared by device and inode, not by spelling, and are
// recognized behind every bind mount. A path that does not exist yet counts as part of its nearest
// existing directory. Hard links are not detected, nor is what other processes move meanwhile.
//
// All functions are safe for all threads as long as none changes the working directory or the
// environment.
#ifndef NAMESAKE_PLACES_H_
#define NAMESAKE_PLACES_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "namesake/config.h"
#include "namesake/error.h"
#include "namesake/export.h"
#include "namesake/guest_directory.h"

namespace namesake {

enum class PlaceUse : std::uint8_t { kReads, kWrites };

// A file or directory that the host uses.
struct Place {
  std::filesystem::path path;
  // Its name in messages: `the model "a"` or, for a path that the host writes, "its copies of
  // models".
  std::string what;
  PlaceUse use = PlaceUse::kReads;
  // For a path that the host writes, the setting that chose it, such as "snapshot_dir"; empty for a
  // default.
  std::string chosen_by{};
};

// Returns the files of all models, the configuration file itself, and the paths that a host of this
// configuration writes: compiled models, copies of guests' models, temporary files.
NAMESAKE_API std::vector<Place> PlacesOf(const Config& config);
// Returns the places of a directory of compiled models.
NAMESAKE_API std::vector<Place> CachePlaces(const std::filesystem::path& cache_dir,
                                            std::string chosen_by);
// Returns this program, the libraries that it has loaded, the directories of LD_LIBRARY_PATH, and
// the system's files that decide which libraries are loaded.
NAMESAKE_API std::vector<Place> PlacesOfProcess();

// A place that a guest can change through a directory.
struct ReachedPlace {
  // The index of the directory among those given.
  std::size_t directory = 0;
  Place place;
};

// Returns the places that a guest with write access to the directories can change. A directory
// reaches a place if it contains the place or a link on the way to it, at any depth, or if it lies
// within a place that is a directory. The result is in the order of `places`. Errors: runtime_error
// for a directory that can't be opened, and if the system does not let a place be followed.
NAMESAKE_API Result<std::vector<ReachedPlace>> ReachedPlaces(
    std::span<const Place> places, std::span<const std::filesystem::path> directories);

struct Guard {
  // For each directory, what a guest may do there.
  std::vector<GuestAccess> access{};
  // Places given to GuardHost where the host must not write in this process.
  std::vector<Place> given_up{};
  // Whole sentences for the operator: which directory is read-only and why, and what is given up.
  std::vector<std::string> warnings{};
  // The places to keep out of guests' reach until the process ends. Models are not included.
  std::vector<Place> kept{};
};

// Applies the rule before a host is made of `config`, for guests that are given these directories.
// A directory becomes read-only if a guest could use it to change what the host reads. If a guest
// could still change a path that the host writes by default, the host does without it: a place in
// `others` is given up, and `config.temporary_dir` is set to another directory for temporary files,
// or to an empty path if guests can write to all of them. `others` are places that the caller uses.
// Errors: invalid_argument, with the remedy, for a path that somebody chose; those of
// `ReachedPlaces`.
NAMESAKE_API Result<Guard> GuardHost(Config& config, const std::vector<Place>& others,
                                     std::span<const std::filesystem::path> directories);

// Applies the same rule to a configuration that is to be reloaded under guests that can write in
// `writable`. Returns a problem for everything the host reads, and every place in `kept`, that has
// come within their reach. Call it before `ConfiguredHost::Reload`, and do not reload if it finds a
// problem.
NAMESAKE_API std::vector<ConfigProblem> CheckReload(
    const Config& config, std::span<const Place> kept,
    std::span<const std::filesystem::path> writable);

}  // namespace namesake

#endif  // NAMESAKE_PLACES_H_
