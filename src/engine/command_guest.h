// Runs a WASI preview 1 command: a module whose export `_start` is called once.
#ifndef NAMESAKE_ENGINE_COMMAND_GUEST_H_
#define NAMESAKE_ENGINE_COMMAND_GUEST_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>
#include <wasmtime.hh>

#include "engine/guest_alarm.h"
#include "engine/runtime.h"
#include "namesake/deadline.h"
#include "namesake/error.h"

namespace namesake {

enum class DirAccess : std::uint8_t { kRead, kReadWrite };

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
  // Gets what the guest writes to standard output, on the guest's thread; empty: the process's own
  // standard output gets it. Must not throw.
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
};

// The guest ended by returning (0) or by `proc_exit`, with any code that it likes.
struct GuestExit {
  std::uint32_t code;
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
using GuestEnd = std::variant<GuestExit, GuestTrap, GuestTimeout>;

// A command, linked and not yet instantiated: none of its code has run. One thread at a time.
class CommandGuest {
 public:
  // Gives the guest's imports that are not WASI's.
  using DefineImports = std::function<Result<void>(wasmtime_linker_t*)>;

  // Standard input and error are the process's. Errors: runtime_error for a directory that can't be
  // opened; invalid_argument for arguments that are not UTF-8, for an import that nobody defines,
  // without a function `_start` that takes and gives nothing, or for a limit that the runtime was
  // not made for; too_large for a memory that begins above the limit; unsupported for a shared
  // memory where there is a limit.
  static Result<CommandGuest> Link(Runtime& runtime, const wasmtime::Module& module,
                                   const CommandOptions& options, const DefineImports& define);

  // Instantiates the module, which may run its start function, and calls `_start`; blocks until the
  // guest ends. Once. A module that can't be instantiated, such as one with a memory that it shows
  // to nobody and that begins above the limit, ends as a trap that says why.
  GuestEnd Run();

  // Calls an export without parameters and results, as tests and benchmarks do. Errors:
  // invalid_argument without such an export; runtime_error with the backtrace of a trap; timeout.
  // Whatever is called, the guest has one deadline.
  Result<void> Call(const std::string& name);

  // `Never()` before the guest's first instruction.
  const Deadline& deadline() const { return clock_->deadline; }

 private:
  struct DeletePre {
    void operator()(wasmtime_instance_pre_t* pre) const { wasmtime_instance_pre_delete(pre); }
  };
  using InstancePre = std::unique_ptr<wasmtime_instance_pre_t, DeletePre>;
  // What the guest gave to `proc_exit`; shared with the function that the linker has for it.
  using ExitCode = std::shared_ptr<std::optional<std::uint32_t>>;

  // At an address of its own, for the store's epoch callback.
  struct Clock {
    Deadline deadline = Deadline::Never();
    bool up = false;  // The guest was stopped.
  };
  using Alarm = std::unique_ptr<GuestAlarm>;

  CommandGuest(const wasmtime::Engine& engine, wasmtime::Store store, CommandOptions options,
               std::unique_ptr<Clock> clock, InstancePre pre, ExitCode exit_code)
      : engine_(engine),
        options_(std::move(options)),
        clock_(std::move(clock)),
        store_(std::move(store)),
        pre_(std::move(pre)),
        exit_code_(std::move(exit_code)) {}

  static Result<void> DefineExit(wasmtime::Linker& linker, const ExitCode& exit_code);
  static void StopWhenUp(wasmtime::Store& store, Clock& clock);
  // Lets the time run, from the first call on. Null without a timeout.
  Result<Alarm> StartClock();
  // Empty when there is an instance; else how the start function ended the guest.
  const std::optional<GuestEnd>& Instantiate();
  GuestEnd Ended(const std::string& backtrace) const;

  wasmtime::Engine engine_;
  CommandOptions options_;
  std::unique_ptr<Clock> clock_;
  bool started_ = false;
  wasmtime::Store store_;
  InstancePre pre_;
  ExitCode exit_code_;
  std::optional<wasmtime::Instance> instance_;  // Set by `Instantiate`,
  std::optional<GuestEnd> end_at_start_;        // or else this.
};

}  // namespace namesake

#endif  // NAMESAKE_ENGINE_COMMAND_GUEST_H_
