// Runs a WASI preview 1 command: a module whose export `_start` is called once.
#ifndef NAMESAKE_ENGINE_COMMAND_GUEST_H_
#define NAMESAKE_ENGINE_COMMAND_GUEST_H_

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>
#include <wasmtime.hh>

#include "engine/runtime.h"
#include "namesake/error.h"

namespace namesake {

// A directory of the host that the guest may read and write beneath, and the guest's name for it.
struct PreopenedDir {
  std::filesystem::path host;
  std::string guest;
};

struct CommandOptions {
  std::vector<std::string> args;  // The first is the program's name.
  std::vector<std::pair<std::string, std::string>> env;
  std::vector<PreopenedDir> dirs;
  // Gets what the guest writes to standard output, on the guest's thread; empty: the process's own
  // standard output gets it. Must not throw.
  std::function<void(std::string_view)> on_stdout{};
};

// The guest ended by returning or by `proc_exit`.
struct GuestExit {
  int code;
};
// The guest trapped; `backtrace` says where and why.
struct GuestTrap {
  std::string backtrace;
};
using GuestEnd = std::variant<GuestExit, GuestTrap>;

// An instance of a command, linked and not yet started. One thread at a time.
class CommandGuest {
 public:
  // Gives the guest's imports that are not WASI's.
  using DefineImports = std::function<Result<void>(wasmtime_linker_t*)>;

  // Standard input and error are the process's. Errors: runtime_error for a directory that
  // can't be opened; invalid_argument for arguments that are not UTF-8, for an import that nobody
  // defines, or without `_start`; runtime_error for a trap or an exit in the module's start
  // function.
  static Result<CommandGuest> Link(Runtime& runtime, const wasmtime::Module& module,
                                   const CommandOptions& options, const DefineImports& define);

  // Runs `_start`; blocks until it ends. Once.
  GuestEnd Run();

  // Calls another export without parameters and results, as tests and benchmarks do. Errors:
  // invalid_argument without such an export; runtime_error with the backtrace of a trap.
  Result<void> Call(const std::string& name);

 private:
  CommandGuest(wasmtime::Store store, wasmtime::Linker linker, wasmtime::Instance instance,
               wasmtime::Func start)
      : store_(std::move(store)), linker_(std::move(linker)), instance_(instance), start_(start) {}

  wasmtime::Store store_;
  wasmtime::Linker linker_;
  wasmtime::Instance instance_;
  wasmtime::Func start_;
};

}  // namespace namesake

#endif  // NAMESAKE_ENGINE_COMMAND_GUEST_H_
