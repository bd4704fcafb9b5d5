// What a WASI command is given, and how it may end; alike for modules and components.
#ifndef NAMESAKE_ENGINE_COMMAND_H_
#define NAMESAKE_ENGINE_COMMAND_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "namesake/deadline.h"

namespace namesake::engine {

enum class DirAccess : std::uint8_t { kRead, kReadWrite };
// The host's own network, or none at all.
enum class Network : std::uint8_t { kNone, kHost };

// A directory of the host that the guest may use beneath, and the guest's name for it.
struct PreopenedDir {
  std::filesystem::path host;
  std::string guest;
  DirAccess access = DirAccess::kReadWrite;
};

struct CommandOptions {
  std::vector<std::string> args;  // The first is the program's name.
  std::vector<std::pair<std::string, std::string>> env;
  std::vector<PreopenedDir> dirs;
  // Gets what the guest writes to standard output, on a thread of the engine's, in order and before
  // a guest that flushes goes on; nothing when the guest's run has returned, or the guest is gone.
  // Empty: the process's own standard output gets it. Must not throw.
  std::function<void(std::string_view)> on_stdout{};

  // All of the guest's memory, see guest_limits.h. Needs RuntimeOptions::guest_memory_limits.
  std::optional<std::uint64_t> max_memory_bytes{};
  // Wall time from the first instruction, that of the start function included, to the end. Needs
  // RuntimeOptions::guest_timeouts.
  std::optional<std::chrono::nanoseconds> timeout{};
  // Gets the guest's deadline, `Never()` without a timeout, once and before the first instruction,
  // on the guest's thread: what the guest may wait for in host calls can be cut by it. Must not
  // throw.
  std::function<void(Deadline)> on_start{};
  // A guest that waits within a host call is stopped only when that call returns. This is called
  // when the guest has not ended `overdue_grace` after its deadline, once, on a thread that the
  // guest does not wait for. Must not throw.
  std::function<void()> on_overdue{};
  std::chrono::nanoseconds overdue_grace = std::chrono::seconds(1);

  // Whether a component may use sockets and look names up. Modules have none in any case.
  Network network = Network::kNone;
};

}  // namespace namesake::engine

namespace namesake {

// The guest ended by returning (0) or by `proc_exit`, with any code that it likes.
struct GuestExit {
  std::uint32_t code;
  // A component whose `run` returned an error, which has no words; the code is 1.
  bool returned_error = false;
};
// Nothing of the guest ran: the system, or a limit of the guest's, denied what it needs to begin.
struct GuestNotStarted {
  std::string reason;
};
// The guest trapped; `backtrace` says where and why.
struct GuestTrap {
  std::string backtrace;
};
// The guest was stopped after its timeout; `backtrace` says where.
struct GuestTimeout {
  std::chrono::nanoseconds timeout;
  std::string backtrace;
};
using GuestEnd = std::variant<GuestExit, GuestTrap, GuestTimeout, GuestNotStarted>;

}  // namespace namesake

#endif  // NAMESAKE_ENGINE_COMMAND_H_
