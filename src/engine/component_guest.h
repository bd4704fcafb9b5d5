// Runs a WASI 0.2 command: a component whose export `wasi:cli/run` is called once.
#ifndef NAMESAKE_ENGINE_COMPONENT_GUEST_H_
#define NAMESAKE_ENGINE_COMPONENT_GUEST_H_

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <wasmtime.hh>
#include <wasmtime/component.hh>

#include "engine/command.h"
#include "engine/guest_store.h"
#include "engine/runtime.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "namesake/wasmtime.h"

namespace namesake::engine {

// What a component may import besides WASI.
struct ComponentImports {
  std::function<Result<void>(wasmtime_component_linker_t*)> define;
  // The full names of the interfaces that `define` defines, for messages.
  std::span<const std::string_view> interfaces;
};

// Linked and not yet instantiated: none of its code has run. One thread at a time.
class ComponentGuest {
 public:
  // Gives it WASI 0.2: what CommandOptions say; sockets only with `network`. Errors: those of
  // GuestStore::Make; invalid_argument for an import that nobody serves, with the nearest that is.
  static Result<ComponentGuest> Link(Runtime& runtime,
                                     const wasmtime::component::Component& component,
                                     const CommandOptions& options,
                                     const ComponentImports& imports);

  // Errors: invalid_argument for a component without `wasi:cli/run`.
  Result<void> CheckIsCommand() const;

  // Of a command: instantiates the component and calls `run`; blocks until the guest ends. Once.
  // `run` that gives an error ends as exit code 1.
  GuestEnd Run();

  // Instantiates the component where it is not yet, and calls a function of its root that has no
  // parameters and no results, as tests and benchmarks do. Errors: invalid_argument without such an
  // export; runtime_error with the backtrace of a trap; timeout.
  Result<void> Call(const std::string& name);

  // `Never()` before the guest's first instruction.
  const Deadline& deadline() const { return store_.deadline(); }

 private:
  ComponentGuest(GuestStore store, ComponentPre pre, std::optional<std::string> run)
      : store_(std::move(store)), pre_(std::move(pre)), run_(std::move(run)) {}

  GuestEnd RunToEnd();
  // Empty when there is an instance; else how its start ended the guest.
  const std::optional<GuestEnd>& Instantiate();
  GuestEnd Ended(const wasmtime::Error& error) const;

  GuestStore store_;
  ComponentPre pre_;
  std::optional<std::string> run_;  // The export's full name; empty when it is no command.
  std::optional<wasmtime::component::Instance> instance_;  // Set by `Instantiate`,
  std::optional<GuestEnd> end_at_start_;                   // or else this.
};

}  // namespace namesake::engine

#endif  // NAMESAKE_ENGINE_COMPONENT_GUEST_H_
