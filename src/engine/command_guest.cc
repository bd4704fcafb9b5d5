#include "engine/command_guest.h"

#include <algorithm>
#include <optional>

#include "base/fail.h"
#include "base/nearest.h"
#include "engine/guest_limits.h"

namespace namesake::engine {
namespace {

Result<void> CheckStart(const wasmtime::Module& module) {
  for (const auto& item : module.exports()) {
    if (item.name() != "_start") continue;
    const auto type = wasmtime::ExternType::from_export(item);
    const auto* const function = std::get_if<wasmtime::FuncType::Ref>(&type);
    if (function == nullptr) break;
    if (function->params().size() == 0 && function->results().size() == 0) return {};
    return base::Fail(
        ErrorCode::kInvalidArgument,
        "the guest's function \"_start\" has parameters or results; a WASI command's has "
        "none");
  }
  return base::Fail(ErrorCode::kInvalidArgument,
                    "the guest exports no function \"_start\"; only WASI commands can be run");
}

// The function that an import may have meant which the engine does not find: one of `served` by
// another name, or one of its functions in another module.
std::string LinkHint(const wasmtime::Module& module, const ServedModule& served,
                     std::string_view engine_text) {
  for (const auto& import : module.imports()) {
    const std::string missing =
        fmt::format("`{}::{}` has not been defined", import.module(), import.name());
    if (!engine_text.contains(missing)) continue;
    if (import.module() == served.name) {
      const auto nearest = base::Nearest(import.name(), served.functions);
      return nearest ? fmt::format("; did you mean `{}`?", *nearest) : "";
    }
    const bool is_served = std::ranges::count(served.functions, import.name()) > 0;
    return is_served ? fmt::format("; the host has `{}` in `{}`", import.name(), served.name) : "";
  }
  return "";
}

}  // namespace

// WASI's own refuses codes from 126 on.
Result<void> CommandGuest::DefineExit(wasmtime::Linker& linker, const ExitCode& exit_code) {
  linker.allow_shadowing(true);
  auto defined = linker.func_wrap(
      "wasi_snapshot_preview1", "proc_exit",
      [exit_code](std::uint32_t code) -> wasmtime::Result<std::monostate, wasmtime::Trap> {
        *exit_code = code;
        return wasmtime::Trap("exit");
      });
  linker.allow_shadowing(false);
  if (defined) return {};
  return base::Fail(ErrorCode::kInternal, "can't define proc_exit: {}", defined.err().message());
}

Result<CommandGuest> CommandGuest::Link(Runtime& runtime, const wasmtime::Module& module,
                                        const CommandOptions& options, const DefineImports& define,
                                        const ServedModule& served) {
  if (auto checked = CheckStart(module); !checked) return base::Fail(checked);
  if (options.max_memory_bytes) {
    if (auto checked = CheckMemories(module, *options.max_memory_bytes); !checked) {
      return base::Fail(std::move(checked));
    }
  }
  auto store = GuestStore::Make(runtime, options);
  if (!store) return base::Fail(std::move(store));
  wasmtime::Linker linker(runtime.engine());
  if (auto defined = linker.define_wasi(); !defined) {
    return base::Fail(ErrorCode::kInternal, "can't define WASI: {}", defined.err().message());
  }
  auto exit_code = std::make_shared<std::optional<std::uint32_t>>();
  if (auto defined = DefineExit(linker, exit_code); !defined) return base::Fail(std::move(defined));
  if (auto defined = define(linker.capi()); !defined) return base::Fail(defined);
  wasmtime_instance_pre_t* pre = nullptr;
  if (auto* error = wasmtime_linker_instantiate_pre(linker.capi(), module.capi(), &pre)) {
    const std::string text = wasmtime::Error(error).message();
    return base::Fail(ErrorCode::kInvalidArgument, "the guest can't be linked: {}{}", text,
                      LinkHint(module, served, text));
  }
  return CommandGuest(*std::move(store), InstancePre(pre), std::move(exit_code));
}

// Once: a start function that failed is not run again.
const std::optional<GuestEnd>& CommandGuest::Instantiate() {
  if (instance_ || end_at_start_) return end_at_start_;
  wasmtime_instance_t instance;
  wasm_trap_t* trap = nullptr;
  if (auto* error = wasmtime_instance_pre_instantiate(pre_.get(), store_.context().capi(),
                                                      &instance, &trap)) {
    end_at_start_ = store_.NotInstantiated(*exit_code_, wasmtime::Error(error).message());
  } else if (trap != nullptr) {
    end_at_start_ = Ended(wasmtime::Trap(trap).message());
  } else {
    instance_ = wasmtime::Instance(instance);
  }
  return end_at_start_;
}

GuestEnd CommandGuest::Run() {
  GuestEnd end = RunToEnd();
  store_.CloseStdout();
  return end;
}

GuestEnd CommandGuest::RunToEnd() {
  const auto alarm = store_.StartClock();
  if (!alarm) return GuestNotStarted{alarm.error().detail()};
  if (const auto& ended = Instantiate()) return *ended;
  const auto start = std::get<wasmtime::Func>(*instance_->get(store_.store(), "_start"));
  const auto returned = start.call(store_.store(), {});
  if (returned) return GuestExit{0};
  return Ended(returned.err().message());
}

Result<void> CommandGuest::Call(const std::string& name) {
  const auto alarm = store_.StartClock();
  if (!alarm) return base::Fail(alarm);
  if (const auto& ended = Instantiate()) {
    if (const auto* const denied = std::get_if<GuestNotStarted>(&*ended)) {
      return base::Fail(ErrorCode::kRuntimeError, "the guest can't be started: {}", denied->reason);
    }
    const auto* const trap = std::get_if<GuestTrap>(&*ended);
    return base::Fail(store_.time_is_up() ? ErrorCode::kTimeout : ErrorCode::kRuntimeError,
                      "the module's start function ended the guest: {}",
                      store_.time_is_up() ? "its time was up"
                      : trap == nullptr   ? "it exited"
                                          : trap->backtrace);
  }
  const auto item = instance_->get(store_.store(), name);
  const auto* const function = item ? std::get_if<wasmtime::Func>(&*item) : nullptr;
  if (function == nullptr) {
    return base::Fail(ErrorCode::kInvalidArgument, "the guest exports no function \"{}\"", name);
  }
  const auto called = function->call(store_.store(), {});
  return called ? Result<void>() : store_.CallFailed(name, called.err().message());
}

}  // namespace namesake::engine
