#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
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

Result<protocol::Started> StartUp(Backend& backend, const protocol::Start& start, pid_t keeper) {
  if (start.version != protocol::kVersion) {
    return base::Fail(
        ErrorCode::kRuntimeError,
        "the program of the backend {} is of another version of Namesake than the host: "
        "install both together",
        backend.name());
  }
  if (start.devices) {
    return base::Fail(ErrorCode::kUnsupported,
                      "sandbox_devices is not supported yet: no worker can use a device but the "
                      "processor");
  }
  SetUpLog(start.debug_log);
  const auto needs = backend.Prepare();
  if (!needs) return base::Fail(needs);
  // A compiled form is written to a file of the host's, in memory.
  constexpr std::uint64_t kLargestForm = std::uint64_t{64} << 30;
  backend_program::ConfineOptions confine = {
      .parent = keeper,
      .readable = needs->library_folders,
      .max_file_bytes = kLargestForm,
      .max_data_bytes = start.max_memory_bytes,
      .strictness = start.best_effort ? Strictness::kBestEffort : Strictness::kRequired};
  confine.readable.insert(confine.readable.end(), needs->warm_up.begin(), needs->warm_up.end());
  auto missing = backend_program::Confine(confine);
  if (!missing) return base::Fail(std::move(missing));
  if (auto warm = backend.WarmUp(); !warm) return base::Fail(std::move(warm));
  if (auto locked = backend_program::LockSystemCalls(
          {.library_folders = needs->library_folders, .libraries = &backend_program::ByCaller()});
      !locked) {
    return base::Fail(std::move(locked));
  }
  protocol::Started started = {
      .version = protocol::kVersion,
      .backend = std::string(backend.name()),
      .library_version = backend.version(),
      .encodings = {backend.encodings().begin(), backend.encodings().end()},
      .capabilities = backend.capabilities(),
      .missing = *std::move(missing)};
  for (const fs::path& folder : needs->library_folders)
    started.library_folders.push_back(folder.string());
  return started;
}

int Work(Backend& backend, pid_t keeper) {
  // A file beyond RLIMIT_FSIZE is an error, as for the host.
  ::signal(SIGXFSZ, SIG_IGN);
  protocol::Connection host(base::FileDescriptor(protocol::kFirstConnection),
                            protocol::Side::kWorker);
  const auto message = host.Receive(Deadline::After(kStartTime));
  if (!message || message->kind != protocol::Kind::kStart) return 1;
  const std::uint64_t call = message->call;
  const auto start = protocol::Read<protocol::Start>(message->body);
  const auto started =
      start ? StartUp(backend, *start, keeper)
            : Result<protocol::Started>(base::Fail(ErrorCode::kRuntimeError,
                                                   "the host's first message is not understood: "
                                                   "install both of one version"));
  protocol::Writer body;
  if (started) {
    Put(*started, body);
  } else {
    protocol::Put(started.error(), body);
  }
  const auto kind = started ? protocol::Kind::kStarted : protocol::Kind::kFailed;
  if (!host.Send(kind, call, body.bytes(), {}, Deadline::Never()) || !started) return 1;
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
