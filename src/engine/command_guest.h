// Runs a WASI preview 1 command: a module whose export `_start` is called once.
#ifndef NAMESAKE_ENGINE_COMMAND_GUEST_H_
#define NAMESAKE_ENGINE_COMMAND_GUEST_H_

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

#include "engine/runtime.h"
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
};

// The guest ended by returning (0) or by `proc_exit`, with any code that it likes.
struct GuestExit {
  std::uint32_t code;
};
// The guest trapped; `backtrace` says where and why.
struct GuestTrap {
  std::string backtrace;
};
using GuestEnd = std::variant<GuestExit, GuestTrap>;

// A command, linked and not yet instantiated: none of its code has run. One thread at a time.
class CommandGuest {
 public:
  // Gives the guest's imports that are not WASI's.
  using DefineImports = std::function<Result<void>(wasmtime_linker_t*)>;

  // Standard input and error are the process's. Errors: runtime_error for a directory that can't be
  // opened; invalid_argument for arguments that are not UTF-8, for an import that nobody defines,
  // or without a function `_start` that takes and gives nothing.
  static Result<CommandGuest> Link(Runtime& runtime, const wasmtime::Module& module,
                                   const CommandOptions& options, const DefineImports& define);

  // Instantiates the module, which may run its start function, and calls `_start`; blocks until the
  // guest ends. Once.
  GuestEnd Run();

  // Calls an export without parameters and results, as tests and benchmarks do. Errors:
  // invalid_argument without such an export; runtime_error with the backtrace of a trap.
  Result<void> Call(const std::string& name);

 private:
  struct DeletePre {
    void operator()(wasmtime_instance_pre_t* pre) const { wasmtime_instance_pre_delete(pre); }
  };
  using InstancePre = std::unique_ptr<wasmtime_instance_pre_t, DeletePre>;
  // What the guest gave to `proc_exit`; shared with the function that the linker has for it.
  using ExitCode = std::shared_ptr<std::optional<std::uint32_t>>;

  CommandGuest(wasmtime::Store store, InstancePre pre, ExitCode exit_code)
      : store_(std::move(store)), pre_(std::move(pre)), exit_code_(std::move(exit_code)) {}

  static Result<void> DefineExit(wasmtime::Linker& linker, const ExitCode& exit_code);
  // Empty when there is an instance; else how the start function ended the guest.
  const std::optional<GuestEnd>& Instantiate();
  GuestEnd Ended(const std::string& backtrace) const;

  wasmtime::Store store_;
  InstancePre pre_;
  ExitCode exit_code_;
  std::optional<wasmtime::Instance> instance_;  // Set by `Instantiate`,
  std::optional<GuestEnd> end_at_start_;        // or else this.
};

}  // namespace namesake

#endif  // NAMESAKE_ENGINE_COMMAND_GUEST_H_
