#include "engine/command_guest.h"

#include <algorithm>
#include <optional>

#include "base/fail.h"
#include "base/text.h"
#include "base/units.h"
#include "engine/guest_limits.h"

namespace namesake {
namespace {

Result<void> CheckUtf8(const CommandOptions& options) {
  const auto check = [](std::string_view kind, const std::string& text) -> Result<void> {
    if (IsUtf8(text) && !text.contains('\0')) return {};
    return Fail(ErrorCode::kInvalidArgument, "{} \"{}\" is not UTF-8", kind, Printable(text));
  };
  for (const std::string& arg : options.args) {
    if (auto ok = check("the guest's argument", arg); !ok) return ok;
  }
  for (const auto& [name, value] : options.env) {
    if (auto ok = check("the environment variable", name + "=" + value); !ok) return ok;
  }
  for (const PreopenedDir& dir : options.dirs) {
    if (auto ok = check("the guest's directory", dir.guest); !ok) return ok;
  }
  return {};
}

void SendStdoutTo(wasmtime::WasiConfig& wasi, const std::function<void(std::string_view)>& sink) {
  using Sink = std::function<void(std::string_view)>;
  wasi_config_set_stdout_custom(
      wasi.capi(),
      [](void* data, const unsigned char* bytes, std::size_t count) {
        (*static_cast<Sink*>(data))({reinterpret_cast<const char*>(bytes), count});
        return static_cast<std::ptrdiff_t>(count);
      },
      std::make_unique<Sink>(sink).release(), [](void* data) { delete static_cast<Sink*>(data); });
}

Result<wasmtime::WasiConfig> MakeWasi(const CommandOptions& options) {
  if (auto checked = CheckUtf8(options); !checked) return std::unexpected(checked.error());
  wasmtime::WasiConfig wasi;
  wasi.argv(options.args);
  wasi.env(options.env);
  wasi.inherit_stdin();
  if (options.on_stdout) {
    SendStdoutTo(wasi, options.on_stdout);
  } else {
    wasi.inherit_stdout();
  }
  wasi.inherit_stderr();
  for (const PreopenedDir& dir : options.dirs) {
    if (!wasi.preopen_dir(dir.host.string(), dir.guest, dir.access == DirAccess::kReadWrite)) {
      std::error_code error;
      const bool is_dir = std::filesystem::is_directory(dir.host, error);
      return Fail(ErrorCode::kRuntimeError, "can't open {} as a directory for the guest: {}",
                  dir.host.string(),
                  error     ? error.message()
                  : !is_dir ? "it is not there or not a directory"
                            : "no permission");
    }
  }
  return wasi;
}

Result<void> CheckStart(const wasmtime::Module& module) {
  for (const auto& item : module.exports()) {
    if (item.name() != "_start") continue;
    const auto type = wasmtime::ExternType::from_export(item);
    const auto* const function = std::get_if<wasmtime::FuncType::Ref>(&type);
    if (function == nullptr) break;
    if (function->params().size() == 0 && function->results().size() == 0) return {};
    return Fail(ErrorCode::kInvalidArgument,
                "the guest's function \"_start\" has parameters or results; a WASI command's has "
                "none");
  }
  return Fail(ErrorCode::kInvalidArgument,
              "the guest exports no function \"_start\"; only WASI commands can be run");
}

Result<void> CheckLimits(const Runtime& runtime, const wasmtime::Module& module,
                         const CommandOptions& options) {
  if (options.timeout && !runtime.guest_timeouts()) {
    return Fail(ErrorCode::kInvalidArgument,
                "the guest can't have a timeout: its runtime was made without "
                "RuntimeOptions::guest_timeouts");
  }
  if (!options.max_memory_bytes) return {};
  if (!runtime.guest_memory_limits()) {
    return Fail(ErrorCode::kInvalidArgument,
                "the guest can't have a memory limit: its runtime was made without "
                "RuntimeOptions::guest_memory_limits");
  }
  return CheckMemories(module, *options.max_memory_bytes);
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
  return Fail(ErrorCode::kInternal, "can't define proc_exit: {}", defined.err().message());
}

Result<CommandGuest> CommandGuest::Link(Runtime& runtime, const wasmtime::Module& module,
                                        const CommandOptions& options,
                                        const DefineImports& define) {
  if (auto checked = CheckStart(module); !checked) return std::unexpected(checked.error());
  if (auto checked = CheckLimits(runtime, module, options); !checked)
    return Fail(std::move(checked));
  auto wasi = MakeWasi(options);
  if (!wasi) return std::unexpected(wasi.error());
  wasmtime::Store store(runtime.engine());
  if (options.max_memory_bytes) LimitMemory(store, *options.max_memory_bytes);
  auto clock = std::make_unique<Clock>();
  if (runtime.guest_timeouts()) StopWhenUp(store, *clock);
  if (auto set = store.context().set_wasi(*std::move(wasi)); !set) {
    return Fail(ErrorCode::kRuntimeError, "can't set WASI up: {}", set.err().message());
  }
  wasmtime::Linker linker(runtime.engine());
  if (auto defined = linker.define_wasi(); !defined) {
    return Fail(ErrorCode::kInternal, "can't define WASI: {}", defined.err().message());
  }
  auto exit_code = std::make_shared<std::optional<std::uint32_t>>();
  if (auto defined = DefineExit(linker, exit_code); !defined) return Fail(std::move(defined));
  if (auto defined = define(linker.capi()); !defined) return std::unexpected(defined.error());
  wasmtime_instance_pre_t* pre = nullptr;
  if (auto* error = wasmtime_linker_instantiate_pre(linker.capi(), module.capi(), &pre)) {
    return Fail(ErrorCode::kInvalidArgument, "the guest can't be linked: {}",
                wasmtime::Error(error).message());
  }
  return CommandGuest(runtime.engine(), std::move(store), options, std::move(clock),
                      InstancePre(pre), std::move(exit_code));
}

// An alarm moves the epoch on for all guests of an engine, so each asks the clock for itself.
void CommandGuest::StopWhenUp(wasmtime::Store& store, Clock& clock) {
  store.epoch_deadline_callback(
      [&clock](wasmtime::Store::Context /*store*/,
               std::uint64_t& next_epoch) -> wasmtime::Result<wasmtime::DeadlineKind> {
        clock.up = clock.deadline.passed();
        if (clock.up) return wasmtime::Error("the guest's time is up");
        next_epoch = 1;
        return wasmtime::DeadlineKind::Continue;
      });
  store.context().set_epoch_deadline(0);  // The first instruction asks, and every move after it.
}

Result<CommandGuest::Alarm> CommandGuest::StartClock() {
  if (!started_) {
    started_ = true;
    clock_->deadline = Deadline::AfterIf(options_.timeout);
    if (options_.on_start) options_.on_start(clock_->deadline);
  }
  if (clock_->deadline.never()) return nullptr;
  return GuestAlarm::Start(engine_, {.deadline = clock_->deadline,
                                     .grace = options_.overdue_grace,
                                     .on_overdue = options_.on_overdue});
}

// An exit and a timeout unwind the guest as a trap does.
GuestEnd CommandGuest::Ended(const std::string& backtrace) const {
  if (exit_code_->has_value()) return GuestExit{**exit_code_};
  if (clock_->up) return GuestTimeout{.timeout = *options_.timeout, .backtrace = backtrace};
  return GuestTrap{backtrace};
}

// Once: a start function that failed is not run again.
const std::optional<GuestEnd>& CommandGuest::Instantiate() {
  if (instance_ || end_at_start_) return end_at_start_;
  wasmtime_instance_t instance;
  wasm_trap_t* trap = nullptr;
  if (auto* error = wasmtime_instance_pre_instantiate(pre_.get(), store_.context().capi(),
                                                      &instance, &trap)) {
    const std::string text = wasmtime::Error(error).message();
    const auto limit = options_.max_memory_bytes
                           ? LimitThatRefused(text, *options_.max_memory_bytes)
                           : std::nullopt;
    end_at_start_ = Ended(limit.value_or(text));
  } else if (trap != nullptr) {
    end_at_start_ = Ended(wasmtime::Trap(trap).message());
  } else {
    instance_ = wasmtime::Instance(instance);
  }
  return end_at_start_;
}

GuestEnd CommandGuest::Run() {
  const auto alarm = StartClock();
  if (!alarm) return GuestTrap{alarm.error().message()};
  if (const auto& ended = Instantiate()) return *ended;
  const auto start = std::get<wasmtime::Func>(*instance_->get(store_, "_start"));
  const auto returned = start.call(store_, {});
  if (returned) return GuestExit{0};
  return Ended(returned.err().message());
}

Result<void> CommandGuest::Call(const std::string& name) {
  const auto alarm = StartClock();
  if (!alarm) return std::unexpected(alarm.error());
  if (const auto& ended = Instantiate()) {
    const auto* const trap = std::get_if<GuestTrap>(&*ended);
    return Fail(clock_->up ? ErrorCode::kTimeout : ErrorCode::kRuntimeError,
                "the module's start function ended the guest: {}",
                clock_->up        ? "its time was up"
                : trap == nullptr ? "it exited"
                                  : trap->backtrace);
  }
  const auto item = instance_->get(store_, name);
  const auto* const function = item ? std::get_if<wasmtime::Func>(&*item) : nullptr;
  if (function == nullptr) {
    return Fail(ErrorCode::kInvalidArgument, "the guest exports no function \"{}\"", name);
  }
  if (const auto called = function->call(store_, {}); !called) {
    const std::string backtrace = called.err().message();
    if (clock_->up) {
      return Fail(ErrorCode::kTimeout,
                  "\"{}\" was stopped, as the guest's timeout of {} is over: {}", name,
                  DurationText(*options_.timeout), backtrace);
    }
    return Fail(ErrorCode::kRuntimeError, "\"{}\" trapped: {}", name, backtrace);
  }
  return {};
}

}  // namespace namesake
