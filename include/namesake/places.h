// Where the host lives: what it reads and writes by path, and how guests are kept from writing
// there.
//
//   auto guard = namesake::GuardHost(config, namesake::PlacesOfProcess(), directories);
//   if (!guard) return Show(guard.error());
//   for (const auto& warning : guard->warnings) Show(warning);
//   // Give the guest each directory with guard->access, and make the host of `config`.
//
// A guest that may write where a model, the configuration or a library lies, or where a link to it
// lies, would decide what the host reads next. Directories are told apart by device and inode,
// never by how they are written, and also where a bind mount shows one in several places. What is
// not there yet counts as lying in the nearest directory that is there. Hard links are not seen,
// and neither is what other processes move meanwhile.
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

// A file or directory of the host's.
struct Place {
  std::filesystem::path path;
  // As messages name it: `the model "a"`, or of what the host writes, "its copies of models".
  std::string what;
  PlaceUse use = PlaceUse::kReads;
  // The setting that chose the place, such as "snapshot_dir", if the host writes here. Empty where
  // nobody has chosen it.
  std::string chosen_by{};
};

// All files of all models, the configuration's own file, and where a host of this configuration
// writes: compiled models, copies of guests' models, temporary files.
NAMESAKE_API std::vector<Place> PlacesOf(const Config& config);
// The places of a directory of compiled models.
NAMESAKE_API std::vector<Place> CachePlaces(const std::filesystem::path& cache_dir,
                                            std::string chosen_by);
// This program, the libraries that it has loaded, where LD_LIBRARY_PATH lets it find others, and
// the files of the system's that decide which are loaded.
NAMESAKE_API std::vector<Place> PlacesOfProcess();

// A place of the host's that a guest can change by way of a directory.
struct ReachedPlace {
  // Its index among those that were asked about.
  std::size_t directory = 0;
  Place place;
};

// Which of the places a guest that may write in the directories can change: by a directory that the
// place lies in, or a link on the way to it, at whatever depth; or by one that lies in a place that
// is a directory. In the order of the places. Errors: runtime_error for a directory that can't be
// opened, and where the system does not let a place be followed.
NAMESAKE_API Result<std::vector<ReachedPlace>> ReachedPlaces(
    std::span<const Place> places, std::span<const std::filesystem::path> directories);

struct Guard {
  // For each of the directories, whether a guest may write there.
  std::vector<GuestAccess> access{};
  // Those of the given places where the host must not write in this process.
  std::vector<Place> given_up{};
  // Whole sentences for the operator: which directory is read-only and why, what is given up.
  std::vector<std::string> warnings{};
  // The places to keep out of guests' reach until the process ends; models are not among them.
  std::vector<Place> kept{};
};

// The rule, before a host is made of `config` for guests that have these directories. A directory
// by which a guest could change what the host reads becomes read-only. Where a guest could still
// change what the host writes, a place that nobody has chosen is given up: `config.temporary_dir`
// is set to another directory for temporary files, or to an empty path when there is none that
// guests can't write to. `others` are the places of whoever makes the host. Errors:
// invalid_argument, with the remedy, for a chosen place; those of `ReachedPlaces`.
NAMESAKE_API Result<Guard> GuardHost(Config& config, const std::vector<Place>& others,
                                     std::span<const std::filesystem::path> directories);

// The same rule for a configuration that is to be reloaded under guests that write in `writable`:
// what is wrong with it, where something that the host reads, or one of `kept`, has come to lie
// within their reach. Call it before `ConfiguredHost::Reload`, and don't reload with a problem.
NAMESAKE_API std::vector<ConfigProblem> CheckReload(
    const Config& config, std::span<const Place> kept,
    std::span<const std::filesystem::path> writable);

}  // namespace namesake

#endif  // NAMESAKE_PLACES_H_
