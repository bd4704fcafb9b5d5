#include "namesake/places.h"

#include <link.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/fail.h"
#include "base/temporary_dir.h"
#include "base/text.h"
#include "graph/model_files.h"
#include "host/guest_ground.h"
#include "host/trail.h"
#include "namesake/worker.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;

Place Read(fs::path path, std::string what) {
  return {.path = std::move(path), .what = std::move(what)};
}

Place Written(fs::path path, std::string what, std::string chosen_by) {
  return {.path = std::move(path),
          .what = std::move(what),
          .use = PlaceUse::kWrites,
          .chosen_by = std::move(chosen_by)};
}

void AddModels(const std::vector<ConfiguredModel>& models, std::string_view whose,
               std::vector<Place>& places) {
  for (const ConfiguredModel& model : models) {
    const std::string what = fmt::format("the model \"{}\"{}", base::Printable(model.name), whose);
    for (fs::path& file : graph::FilesOf(model.model)) {
      places.push_back(Read(std::move(file), what));
    }
  }
}

std::vector<Place> ReadBy(const Config& config) {
  std::vector<Place> places;
  AddModels(config.models, "", places);
  for (const ConfiguredTenant& tenant : config.tenants) {
    AddModels(tenant.models, fmt::format(" of tenant \"{}\"", base::Printable(tenant.options.name)),
              places);
  }
  if (!config.file.empty()) places.push_back(Read(config.file, "the configuration"));
  for (fs::path& place : BackendPlaces(config.backend_dir.value_or(fs::path()))) {
    places.push_back(Read(std::move(place), "the backends' programs and libraries"));
  }
  return places;
}

std::vector<Place> WrittenBy(const Config& config) {
  std::vector<Place> places;
  if (config.cache_dir) places = CachePlaces(*config.cache_dir, "cache_dir");
  if (config.worker_cgroup) {
    places.push_back(
        Written(*config.worker_cgroup, "its workers' control groups", "worker_cgroup"));
  }
  if (config.snapshot_dir) {
    places.push_back(Written(*config.snapshot_dir, "its copies of models", "snapshot_dir"));
  }
  return places;
}

// All that the host reads and writes, except temporary files, including what is in `others`.
struct Used {
  std::vector<Place> read;
  std::vector<Place> written;
};

Used UsedBy(const Config& config, std::span<const Place> others) {
  Used used{.read = ReadBy(config), .written = WrittenBy(config)};
  for (const Place& place : others) {
    (place.use == PlaceUse::kWrites ? used.written : used.read).push_back(place);
  }
  return used;
}

// The host's own directory for temporary files; also the default directory for copies of models.
Place TemporaryPlace(const fs::path& directory, std::string chosen_by) {
  return Written(base::UsersDirIn(directory), "its temporary files", std::move(chosen_by));
}

// Returns where the host puts temporary files and which setting chose that; empty if there is no
// such directory.
std::vector<Place> TemporaryPlaces(const Config& config) {
  if (config.temporary_dir) {
    if (config.temporary_dir->empty()) return {};
    return {TemporaryPlace(*config.temporary_dir, "temporary_dir")};
  }
  const auto directory = base::TemporaryDir();
  if (!directory) return {};
  const char* const variable = std::getenv("TMPDIR");
  const bool chosen = variable != nullptr && *variable != '\0';
  return {TemporaryPlace(*directory, chosen ? "TMPDIR" : "")};
}

std::string ReadOnlyText(const fs::path& directory, const Place& place) {
  return fmt::format(
      "the guest's directory {} is read-only because the host reads {} ({}) there; give the guest "
      "another directory to write to",
      directory.string(), place.what, place.path.string());
}

std::string WritableText(const fs::path& directory, const Place& place) {
  return fmt::format("the guest's directory {} would let it write to {}, where the host keeps {}",
                     directory.string(), place.path.string(), place.what);
}

// Computes the guard for a set of directories.
class Guarding {
 public:
  explicit Guarding(std::span<const fs::path> directories) : directories_(directories) {
    guard_.access.assign(directories.size(), GuestAccess::kReadWrite);
  }

  // Makes directories read-only through which a guest could change the places.
  Result<void> KeepRead(std::span<const Place> places);
  // Returns the first of the places that a guest can still write to, if any.
  Result<std::optional<ReachedPlace>> FindWritable(std::span<const Place> places) const;
  Result<void> KeepWritten(std::vector<Place> places);
  Result<void> KeepTemporary(Config& config);

  Guard Take() && { return std::move(guard_); }

 private:
  void MoveTemporary(const ReachedPlace& reached, Config& config);
  bool IsFree(const fs::path& temporary) const;

  std::span<const fs::path> directories_;
  Guard guard_;
};

Result<void> Guarding::KeepRead(std::span<const Place> places) {
  const auto reached = ReachedPlaces(places, directories_);
  if (!reached) return base::Fail(reached);
  for (const auto& [directory, place] : *reached) {
    if (std::exchange(guard_.access[directory], GuestAccess::kRead) == GuestAccess::kRead) continue;
    guard_.warnings.push_back(ReadOnlyText(directories_[directory], place));
  }
  return {};
}

Result<std::optional<ReachedPlace>> Guarding::FindWritable(std::span<const Place> places) const {
  auto reached = ReachedPlaces(places, directories_);
  if (!reached) return base::Fail(reached);
  for (ReachedPlace& found : *reached) {
    if (guard_.access[found.directory] == GuestAccess::kReadWrite) return std::move(found);
  }
  return std::nullopt;
}

Result<void> Guarding::KeepWritten(std::vector<Place> places) {
  for (Place& place : places) {
    const auto reached = FindWritable({&place, 1});
    if (!reached) return base::Fail(reached);
    if (!*reached) {
      guard_.kept.push_back(std::move(place));
      continue;
    }
    const std::string text = WritableText(directories_[(*reached)->directory], place);
    if (!place.chosen_by.empty()) {
      return base::Fail(ErrorCode::kInvalidArgument,
                        "{}; choose another {} or another directory for the guest", text,
                        place.chosen_by);
    }
    // A cache has several places; warn about it once.
    if (std::ranges::find(guard_.given_up, place.what, &Place::what) == guard_.given_up.end()) {
      guard_.warnings.push_back(text + "; this run does not use it");
    }
    guard_.given_up.push_back(std::move(place));
  }
  return {};
}

Result<void> Guarding::KeepTemporary(Config& config) {
  std::vector<Place> places = TemporaryPlaces(config);
  const auto reached = FindWritable(places);
  if (!reached) return base::Fail(reached);
  if (!*reached || !(*reached)->place.chosen_by.empty()) return KeepWritten(std::move(places));
  MoveTemporary(**reached, config);
  return KeepWritten(TemporaryPlaces(config));
}

void Guarding::MoveTemporary(const ReachedPlace& reached, Config& config) {
  std::vector<fs::path> candidates = {"/var/tmp"};
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && fs::path(runtime).is_absolute()) candidates.emplace_back(runtime);
  const auto free = std::ranges::find_if(
      candidates, [&](const fs::path& candidate) { return IsFree(candidate); });
  std::string text = WritableText(directories_[reached.directory], reached.place);
  if (free != candidates.end()) {
    text += fmt::format("; this run uses {} instead", free->string());
    config.temporary_dir = *free;
  } else {
    text +=
        "; this run has no temporary directory: set TMPDIR to a directory that the guest can't "
        "write to";
    config.temporary_dir = fs::path();
  }
  guard_.warnings.push_back(std::move(text));
}

bool Guarding::IsFree(const fs::path& temporary) const {
  std::error_code ignored;
  if (!fs::is_directory(temporary, ignored) || ::access(temporary.c_str(), W_OK | X_OK) != 0) {
    return false;
  }
  const Place place = TemporaryPlace(temporary, "");
  const auto reached = FindWritable({&place, 1});
  return reached && !*reached;
}

int AddLibrary(dl_phdr_info* info, std::size_t /*size*/, void* places) {
  const std::string_view name = info->dlpi_name;
  // The program itself and what the kernel provides have no path.
  if (name.contains('/')) {
    static_cast<std::vector<Place>*>(places)->push_back(Read(name, "one of its libraries"));
  }
  return 0;
}

// The dynamic linker takes an empty entry for the working directory.
void AddLibraryPath(std::string_view folders, std::vector<Place>& places) {
  for (std::size_t begin = 0; begin <= folders.size();) {
    const std::size_t end = std::min(folders.find_first_of(":;", begin), folders.size());
    const std::string_view folder = folders.substr(begin, end - begin);
    places.push_back(Read(folder.empty() ? "." : folder, "its libraries"));
    begin = end + 1;
  }
}

}  // namespace

std::vector<Place> PlacesOf(const Config& config) {
  std::vector<Place> places = ReadBy(config);
  std::ranges::move(WrittenBy(config), std::back_inserter(places));
  std::ranges::move(TemporaryPlaces(config), std::back_inserter(places));
  return places;
}

std::vector<Place> CachePlaces(const fs::path& cache_dir, std::string chosen_by) {
  return {Written(cache_dir, "its cache", chosen_by),
          // It may be a link.
          Written(cache_dir / "models", "its cache", std::move(chosen_by))};
}

std::vector<Place> PlacesOfProcess() {
  std::vector<Place> places;
  // These files also decide which code runs at the next start.
  const char* const openssl = std::getenv("OPENSSL_CONF");
  for (const char* const file : {"/etc/ld.so.cache", "/etc/ld.so.preload",
                                 openssl != nullptr ? openssl : "/usr/lib/ssl/openssl.cnf"}) {
    places.push_back(Read(file, "its libraries' configuration"));
  }
  std::error_code ignored;
  places.push_back(Read(fs::read_symlink("/proc/self/exe", ignored), "its own program"));
  const auto* const started = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
  if (started != nullptr) places.push_back(Read(started, "its own program"));
  ::dl_iterate_phdr(AddLibrary, &places);
  const char* const folders = std::getenv("LD_LIBRARY_PATH");
  if (folders != nullptr && *folders != '\0') AddLibraryPath(folders, places);
  return places;
}

Result<std::vector<ReachedPlace>> ReachedPlaces(std::span<const Place> places,
                                                std::span<const fs::path> directories) {
  std::vector<ReachedPlace> reached;
  if (directories.empty()) return reached;
  const host::Mounts mounts = host::Mounts::Read();
  std::vector<host::OpenedDirectory> opened;
  for (const fs::path& directory : directories) {
    auto one = host::OpenDirectory(directory, mounts);
    if (!one) return base::Fail(one);
    opened.push_back(*std::move(one));
  }
  for (const Place& place : places) {
    if (place.path.empty()) continue;
    const auto trail = host::FollowPath(place.path, mounts);
    if (!trail) return base::Fail(trail);
    for (std::size_t i = 0; i < opened.size(); ++i) {
      if (host::Reaches(opened[i], *trail)) reached.push_back({.directory = i, .place = place});
    }
  }
  return reached;
}

Result<Guard> GuardHost(Config& config, const std::vector<Place>& others,
                        std::span<const fs::path> directories) {
  if (directories.empty()) return Guard{};  // Without directories, no files are examined.
  Guarding guarding(directories);
  Used used = UsedBy(config, others);
  // Reads first: a directory made read-only for them can't reach what the host writes either.
  if (auto done = guarding.KeepRead(used.read); !done) return base::Fail(std::move(done));
  if (auto done = guarding.KeepWritten(std::move(used.written)); !done) {
    return base::Fail(std::move(done));
  }
  if (auto done = guarding.KeepTemporary(config); !done) return base::Fail(std::move(done));
  Guard guard = std::move(guarding).Take();
  std::ranges::copy_if(others, std::back_inserter(guard.kept),
                       [](const Place& place) { return place.use == PlaceUse::kReads; });
  return guard;
}

namespace host {

Result<Guard> GuardGuests(const Config& config, std::vector<Place> others,
                          std::span<const fs::path> directories) {
  Guarding guarding(directories);
  auto [read, written] = UsedBy(config, others);
  std::ranges::move(TemporaryPlaces(config), std::back_inserter(written));
  if (auto done = guarding.KeepRead(read); !done) return base::Fail(std::move(done));
  const auto reached = guarding.FindWritable(written);
  if (!reached) return base::Fail(reached);
  if (*reached) {
    const Place& place = (*reached)->place;
    return base::Fail(ErrorCode::kInvalidArgument, "{}; {}another directory for the guest",
                      WritableText(directories[(*reached)->directory], place),
                      place.chosen_by.empty()
                          ? "choose "
                          : fmt::format("choose another {} or ", place.chosen_by));
  }
  Guard guard = std::move(guarding).Take();
  guard.kept = std::move(others);
  std::ranges::move(written, std::back_inserter(guard.kept));
  return guard;
}

}  // namespace host

std::vector<ConfigProblem> CheckReload(const Config& config, std::span<const Place> kept,
                                       std::span<const fs::path> writable) {
  std::vector<ConfigProblem> problems;
  if (writable.empty()) return problems;
  const auto add = [&](std::string message) {
    ConfigProblem& problem = problems.emplace_back();
    problem.place.source = config.file.string();
    problem.message = std::move(message);
  };
  std::vector<Place> places = ReadBy(config);
  std::ranges::copy(kept, std::back_inserter(places));
  const auto reached = ReachedPlaces(places, writable);
  if (!reached) {
    add(reached.error().detail());
    return problems;
  }
  for (const auto& [directory, place] : *reached) {
    add(fmt::format("{} ({}) is in {}, which the guest can write to", place.what,
                    place.path.string(), writable[directory].string()));
  }
  return problems;
}

}  // namespace namesake
