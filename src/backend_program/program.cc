#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <future>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend_program/host_files.h"
#include "backend_program/keeper.h"
#include "backend_program/sandbox.h"
#include "backend_program/server.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/processors.h"
#include "namesake/backend_program.h"
#include "namesake/version.h"
#include "protocol/connection.h"
#include "protocol/messages.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using backend_program::Strictness;

// A host says at once how it wants its worker.
constexpr std::chrono::seconds kStartTime{10};

bool IsSocket(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

// The host reads the log from standard error, and takes the level from the front of a line.
void SetUpLog(bool debug) {
  base::Log().set_pattern("<%l>%v");
  base::Log().set_level(debug ? spdlog::level::debug : spdlog::level::warn);
}

// A worker before it is anybody's: confined and warm.
struct Prepared {
  ProcessNeeds needs;
  std::vector<std::string> missing;
  backend_program::SystemCallLock lock;
};

Result<std::vector<std::string>> ConfineFor(const ProcessNeeds& needs,
                                            const protocol::Prepare& prepare, pid_t keeper) {
  // A compiled form is written to a file of the host's, in memory.
  constexpr std::uint64_t kLargestForm = std::uint64_t{64} << 30;
  backend_program::ConfineOptions confine = {
      .parent = keeper,
      .readable = needs.library_folders,
      .devices = {prepare.devices.begin(), prepare.devices.end()},
      .max_file_bytes = kLargestForm,
      .strictness = prepare.best_effort ? Strictness::kBestEffort : Strictness::kRequired};
  confine.readable.insert(confine.readable.end(), needs.warm_up.begin(), needs.warm_up.end());
  return backend_program::Confine(confine);
}

std::unexpected<Error> NotUnderstood() {
  return base::Fail(ErrorCode::kRuntimeError,
                    "the host's first message is not understood: install both of one version");
}

Result<Prepared> PrepareFor(Backend& backend, std::span<const std::byte> message, pid_t keeper) {
  const auto read = protocol::Read<protocol::Prepare>(message);
  if (!read) return NotUnderstood();
  const protocol::Prepare& prepare = *read;
  if (prepare.version != protocol::kVersion) {
    return base::Fail(
        ErrorCode::kRuntimeError,
        "the program of the backend {} is of another version of Namesake than the host: "
        "install both together",
        backend.name());
  }
  SetUpLog(prepare.debug_log);
  const std::uint64_t threads = std::clamp<std::uint64_t>(prepare.threads, 1, base::kMostThreads);
  auto needs = backend.Prepare({.threads = static_cast<unsigned>(threads)});
  if (!needs) return base::Fail(std::move(needs));
  auto missing = ConfineFor(*needs, prepare, keeper);
  if (!missing) return base::Fail(std::move(missing));
  // Made on another processor meanwhile, if there is one.
  auto making =
      std::async(std::launch::async | std::launch::deferred, backend_program::SystemCallLock::Make,
                 backend_program::LockOptions{.library_folders = needs->library_folders,
                                              .libraries = &backend_program::ByCaller(),
                                              .has_devices = !prepare.devices.empty()});
  auto warm = backend.WarmUp();
  // Starts their drivers, which can open nothing later.
  if (warm && !prepare.devices.empty()) static_cast<void>(backend.Devices());
  auto lock = making.get();
  if (!warm) return base::Fail(std::move(warm));
  if (!lock) return base::Fail(std::move(lock));
  return Prepared{
      .needs = *std::move(needs), .missing = *std::move(missing), .lock = *std::move(lock)};
}

Result<protocol::Started> StartUp(const Backend& backend, Prepared prepared,
                                  std::span<const std::byte> message) {
  const auto start = protocol::Read<protocol::Start>(message);
  if (!start) return NotUnderstood();
  if (start->max_memory_bytes) {
    if (auto set = backend_program::LimitData(*start->max_memory_bytes); !set) {
      return base::Fail(std::move(set));
    }
  }
  if (auto locked = prepared.lock.Close(); !locked) return base::Fail(std::move(locked));
  protocol::Started started = {
      .version = protocol::kVersion,
      .backend = std::string(backend.name()),
      .library_version = backend.version(),
      .encodings = {backend.encodings().begin(), backend.encodings().end()},
      .capabilities = backend.capabilities(),
      .missing = std::move(prepared.missing)};
  for (const fs::path& folder : prepared.needs.library_folders)
    started.library_folders.push_back(folder.string());
  return started;
}

int Work(Backend& backend, pid_t keeper) {
  // A file beyond RLIMIT_FSIZE is an error, as for the host.
  ::signal(SIGXFSZ, SIG_IGN);
  protocol::Connection host(base::FileDescriptor(protocol::kFirstConnection),
                            protocol::Side::kWorker);
  const auto first = host.Receive(Deadline::After(kStartTime));
  if (!first || first->kind != protocol::Kind::kPrepare) return 1;
  auto prepared = PrepareFor(backend, first->body, keeper);
  // It may be a spare for long.
  const auto second = host.Receive(Deadline::Never());
  if (!second || second->kind != protocol::Kind::kStart) return 1;
  const auto started = prepared ? StartUp(backend, *std::move(prepared), second->body)
                                : Result<protocol::Started>(base::Fail(prepared));
  protocol::Writer body;
  if (started) {
    Put(*started, body);
  } else {
    protocol::Put(started.error(), body);
  }
  const auto kind = started ? protocol::Kind::kStarted : protocol::Kind::kFailed;
  if (!host.Send(kind, second->call, body.bytes(), {}, Deadline::Never()) || !started) return 1;
  backend_program::Serve(backend, std::move(host));
}

}  // namespace

int RunBackendProgram(int argc, char** argv, std::unique_ptr<Backend> backend) {
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    const std::string version = backend->version();
    std::printf("%s %s (%s)\n", backend->name().data(), NAMESAKE_VERSION, version.c_str());
    return 0;
  }
  if (!IsSocket(protocol::kFirstConnection) || !IsSocket(protocol::kKeeperConnection)) {
    std::fputs("This is a backend of Namesake. Hosts start it, such as the command namesake.\n",
               stderr);
    return 2;
  }
  const auto keeper = backend_program::StartKept(base::FileDescriptor(protocol::kKeeperConnection));
  if (!keeper) {
    std::fprintf(stderr, "%s\n", keeper.error().detail().c_str());
    return 1;
  }
  return Work(*backend, *keeper);
}

}  // namespace namesake
