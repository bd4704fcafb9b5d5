// Backends that run in workers: sandboxed processes, one for each tenant that uses a backend.
//
//   namesake::HostOptions options;
//   options.backends = namesake::InstalledBackends();
//
// No library of a backend's is loaded into this process, and what a model or a guest's values do to
// it ends in the worker. docs/security.md says what that protects.
#ifndef NAMESAKE_WORKER_H_
#define NAMESAKE_WORKER_H_

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "namesake/backend.h"
#include "namesake/export.h"
#include "namesake/isolation.h"
#include "namesake/model.h"

namespace namesake {

struct WorkerSettings {
  Sandbox sandbox = Sandbox::kStrict;
  // Devices that they may use, such as GPUs: paths of device files or folders of them, and of what
  // their drivers read, such as {"/dev/dri", "/sys/class/drm", "/etc/OpenCL"}. A worker opens them
  // for reading, writing and ioctl while it starts, and none later. Absolute; missing ones are left
  // out.
  std::vector<std::filesystem::path> devices{};
  // Keeps one more worker once any was needed, which is nobody's yet: it has started the library
  // and seen nothing, and the next user's first load need not wait for that. It is made a second
  // after the last one was taken. No limit counts its memory.
  bool spare = true;
  // Whether a tenant whose inference has ended a worker that serves all tenants (Isolation::kHost)
  // has that model in a worker of its own for the next minute. Otherwise it goes on to use the
  // shared one, and is only refused for longer and longer.
  bool quarantine = true;
  // The most threads on which each worker computes, at least 1; empty for one for each processor
  // that this process may use.
  std::optional<unsigned> threads{};
  // How long a worker may have no call under way and no context that has computed in it before it
  // is ended. Its models are loaded again at their next use.
  std::chrono::nanoseconds idle_time = kDefaultWorkerIdleTime;
  // A control group (cgroups(7)) with the memory controller that somebody has left to this process,
  // such as a folder beneath /sys/fs/cgroup: each worker whose user has `max_worker_memory_bytes`
  // gets a group with that limit in it. Where that fails, a warning is logged, and the worker's
  // memory is watched as without. Empty for none.
  std::filesystem::path control_group{};
};

// A program that runs a backend (namesake/backend_program.h).
struct BackendProgram {
  // The backend's name as it reports it, and the encodings that it reads.
  std::string name{};
  std::vector<Encoding> encodings{};
  // The keys of the options that its models may have.
  std::vector<std::string> option_keys{};
  std::filesystem::path path{};
  WorkerSettings workers{};
  // How long a worker may go on after the deadline of a call, to which the caller has its answer by
  // then. What does not stop in that time is killed.
  std::chrono::nanoseconds grace = std::chrono::seconds(2);
};

// A backend whose graphs are in workers, which it starts when they are first needed. They end with
// the backend and its graphs, and with this process.
NAMESAKE_API std::unique_ptr<Backend> NewWorkerBackend(BackendProgram program);

// The folder with the programs of Namesake's own backends: libexec/namesake beside this library, or
// beside the program that it is linked into. NAMESAKE_BACKEND_DIR in the environment takes its
// place.
NAMESAKE_API std::filesystem::path BackendDirectory();

// The folders that InstalledBackends() read: the programs and, as far as this library knows them,
// the libraries that they load. Whoever may write there decides what runs in workers. Only those
// that exist.
NAMESAKE_API std::vector<std::filesystem::path> BackendPlaces(
    const std::filesystem::path& directory = {});

// Namesake's own backends, as this library was built with them, in their order of preference.
// `directory` has their programs; BackendDirectory() if it is empty. Looks for nothing: a program
// that is missing is an error when it is needed.
NAMESAKE_API std::vector<std::unique_ptr<Backend>> InstalledBackends(
    const std::filesystem::path& directory = {}, const WorkerSettings& workers = {});

}  // namespace namesake

#endif  // NAMESAKE_WORKER_H_
