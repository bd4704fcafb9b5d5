// Runs a WASI preview 1 command: a module whose export `_start` is called once.
#ifndef NAMESAKE_ENGINE_COMMAND_GUEST_H_
#define NAMESAKE_ENGINE_COMMAND_GUEST_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <wasmtime.hh>

#include "engine/command.h"
#include "engine/guest_store.h"
#include "engine/runtime.h"
#include "namesake/deadline.h"
#include "namesake/error.h"

namespace namesake::engine {

// A module that the host serves besides WASI, for messages.
struct ServedModule {
  std::string_view name{};
  std::span<const std::string_view> functions{};
};

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
                                   const CommandOptions& options, const DefineImports& define,
                                   const ServedModule& served = {});

  // Instantiates the module, which may run its start function, and calls `_start`; blocks until the
  // guest ends. Once. A module that can't be instantiated, such as one with a memory that it shows
  // to nobody and that begins above the limit, ends as a trap that says why.
  GuestEnd Run();

  // Calls an export without parameters and results, as tests and benchmarks do. Errors:
  // invalid_argument without such an export; runtime_error with the backtrace of a trap; timeout.
  // Whatever is called, the guest has one deadline.
  Result<void> Call(const std::string& name);

  // `Never()` before the guest's first instruction.
  const Deadline& deadline() const { return store_.deadline(); }

 private:
  struct DeletePre {
    void operator()(wasmtime_instance_pre_t* pre) const { wasmtime_instance_pre_delete(pre); }
  };
  using InstancePre = std::unique_ptr<wasmtime_instance_pre_t, DeletePre>;
  // What the guest gave to `proc_exit`; shared with the function that the linker has for it.
  using ExitCode = std::shared_ptr<std::optional<std::uint32_t>>;

  CommandGuest(GuestStore store, InstancePre pre, ExitCode exit_code)
      : store_(std::move(store)), pre_(std::move(pre)), exit_code_(std::move(exit_code)) {}

  static Result<void> DefineExit(wasmtime::Linker& linker, const ExitCode& exit_code);
  GuestEnd RunToEnd();
  // Empty when there is an instance; else how the start function ended the guest.
  const std::optional<GuestEnd>& Instantiate();
  // An exit and a timeout unwind the guest as a trap does.
  GuestEnd Ended(const std::string& backtrace) const {
    return store_.Ended(*exit_code_, backtrace);
  }

  GuestStore store_;
  InstancePre pre_;
  ExitCode exit_code_;
  std::optional<wasmtime::Instance> instance_;  // Set by `Instantiate`,
  std::optional<GuestEnd> end_at_start_;        // or else this.
};

}  // namespace namesake::engine

#endif  // NAMESAKE_ENGINE_COMMAND_GUEST_H_
