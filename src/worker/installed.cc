#include <dlfcn.h>

#include <array>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "namesake/worker.h"
#include "worker/known_backends.h"
#include "worker/worker_backend.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;

// The file that contains this code: the library, or the program that it is linked into.
fs::path OwnFile() {
  std::error_code error;
  Dl_info own{};
  const bool found = ::dladdr(reinterpret_cast<const void*>(&OwnFile), &own) != 0;
  const fs::path named = found ? fs::path(own.dli_fname) : fs::path();
  // The loader knows libraries by path, and the program by whatever name it was started with.
  fs::path file = fs::canonical(named, error);
  if (!error && file.has_parent_path() && named.is_absolute()) return file;
  fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? file : program;
}

}  // namespace

fs::path BackendDirectory() {
  const char* const chosen = std::getenv("NAMESAKE_BACKEND_DIR");
  if (chosen != nullptr && fs::path(chosen).is_absolute()) return chosen;
  const fs::path beside = OwnFile().parent_path();
  std::error_code ignored;
  // The build's folder, bin or lib, and lib with the machine's name.
  for (const char* const up : {".", "..", "../.."}) {
    fs::path directory = (beside / up / "libexec/namesake").lexically_normal();
    if (fs::is_directory(directory, ignored)) return directory;
  }
  return beside.parent_path() / "libexec/namesake";
}

std::vector<fs::path> BackendPlaces(const fs::path& directory) {
  const fs::path programs = directory.empty() ? BackendDirectory() : directory;
  std::error_code ignored;
  if (!fs::exists(programs, ignored)) return {};
  std::vector<fs::path> places = {programs,
                                  (programs / NAMESAKE_INSTALLED_LIBRARIES).lexically_normal()};
  for (const worker::KnownBackend& known : worker::KnownBackends()) {
    if (!known.library_dir.empty()) places.emplace_back(known.library_dir);
  }
  std::erase_if(places, [&](const fs::path& place) { return !fs::exists(place, ignored); });
  return places;
}

std::unique_ptr<Backend> NewWorkerBackend(BackendProgram program) {
  return worker::NewBackend({.backend = std::move(program.name),
                             .program = std::move(program.path),
                             .encodings = std::move(program.encodings),
                             .option_keys = std::move(program.option_keys),
                             .best_effort = program.workers.sandbox == Sandbox::kBestEffort,
                             .devices = std::move(program.workers.devices),
                             .keeps_spare = program.workers.spare,
                             .control_group = std::move(program.workers.control_group),
                             .grace = program.grace,
                             .quarantine = program.workers.quarantine,
                             .threads = program.workers.threads,
                             .idle_time = program.workers.idle_time});
}

std::vector<std::unique_ptr<Backend>> InstalledBackends(const fs::path& directory,
                                                        const WorkerSettings& workers) {
  std::vector<std::unique_ptr<Backend>> backends;
  const fs::path programs = directory.empty() ? BackendDirectory() : directory;
  for (const worker::KnownBackend& known : worker::KnownBackends()) {
    backends.push_back(
        NewWorkerBackend({.name = std::string(known.name),
                          .encodings = {known.encodings.begin(), known.encodings.end()},
                          .option_keys = {known.option_keys.begin(), known.option_keys.end()},
                          .path = programs / ("namesake-backend-" + std::string(known.name)),
                          .workers = workers}));
  }
  return backends;
}

}  // namespace namesake
