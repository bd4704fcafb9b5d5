#include "engine/guest_store.h"

#include <namesake_components.h>

#include <system_error>

#include "base/fail.h"
#include "base/process_limits.h"
#include "base/text.h"
#include "base/units.h"
#include "engine/guest_limits.h"

namespace namesake::engine {
namespace {

Result<void> CheckUtf8(const CommandOptions& options) {
  const auto check = [](std::string_view kind, const std::string& text) -> Result<void> {
    if (base::IsUtf8(text) && !text.contains('\0')) return {};
    return base::Fail(ErrorCode::kInvalidArgument, "{} \"{}\" is not UTF-8", kind,
                      base::Printable(text));
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

Result<wasmtime::WasiConfig> MakeWasi(const CommandOptions& options, const GuestStdout& output) {
  if (auto checked = CheckUtf8(options); !checked) return base::Fail(checked);
  wasmtime::WasiConfig wasi;
  wasi.argv(options.args);
  wasi.env(options.env);
  wasi.inherit_stdin();
  if (options.on_stdout) {
    output.GiveTo(wasi);
  } else {
    wasi.inherit_stdout();
  }
  wasi.inherit_stderr();
  if (options.network == Network::kHost) {
    wasi_config_inherit_network(wasi.capi());
    namesake_wasi_config_allow_sockets(wasi.capi());
    wasi_config_allow_ip_name_lookup(wasi.capi(), true);
  }
  for (const PreopenedDir& dir : options.dirs) {
    if (!wasi.preopen_dir(dir.host.string(), dir.guest, dir.access == DirAccess::kReadWrite)) {
      std::error_code error;
      const bool is_dir = std::filesystem::is_directory(dir.host, error);
      return base::Fail(ErrorCode::kRuntimeError, "can't open {} as a directory for the guest: {}",
                        dir.host.string(),
                        error     ? error.message()
                        : !is_dir ? "it is not there or not a directory"
                                  : "no permission");
    }
  }
  return wasi;
}

Result<void> CheckLimits(const Runtime& runtime, const CommandOptions& options) {
  if (options.timeout && !runtime.guest_timeouts()) {
    return base::Fail(ErrorCode::kInvalidArgument,
                      "the guest can't have a timeout: its runtime was made without "
                      "RuntimeOptions::guest_timeouts");
  }
  if (!options.max_memory_bytes || runtime.guest_memory_limits()) return {};
  return base::Fail(ErrorCode::kInvalidArgument,
                    "the guest can't have a memory limit: its runtime was made without "
                    "RuntimeOptions::guest_memory_limits");
}

// Where the guest was, of the engine's text on a guest that was stopped: the cause is known.
std::string FramesOf(const std::string& backtrace) {
  const auto begin = backtrace.find("wasm backtrace:");
  if (begin == std::string::npos) return backtrace;
  return backtrace.substr(begin, backtrace.find("\n\nCaused by:", begin) - begin);
}

}  // namespace

Result<GuestStore> GuestStore::Make(Runtime& runtime, const CommandOptions& options) {
  if (auto checked = CheckLimits(runtime, options); !checked) return base::Fail(std::move(checked));
  GuestStore guest(runtime.engine(), options);
  auto wasi = MakeWasi(options, guest.output_);
  if (!wasi) return base::Fail(std::move(wasi));
  if (options.max_memory_bytes) LimitMemory(guest.store_, *options.max_memory_bytes);
  LimitCalls(guest.store_, options.max_memory_bytes);
  if (runtime.guest_timeouts()) guest.StopWhenUp();
  if (auto set = guest.context().set_wasi(*std::move(wasi)); !set) {
    return base::Fail(ErrorCode::kRuntimeError, "can't set WASI up: {}", set.err().message());
  }
  return guest;
}

// An alarm moves the epoch on for all guests of an engine, so each asks the clock for itself.
void GuestStore::StopWhenUp() {
  store_.epoch_deadline_callback(
      [&clock = *clock_](wasmtime::Store::Context /*store*/,
                         std::uint64_t& next_epoch) -> wasmtime::Result<wasmtime::DeadlineKind> {
        clock.up = clock.deadline.passed();
        if (clock.up) return wasmtime::Error("the guest's time is up");
        next_epoch = 1;
        return wasmtime::DeadlineKind::Continue;
      });
  context().set_epoch_deadline(0);  // The first instruction asks, and every move after it.
}

Result<std::unique_ptr<GuestAlarm>> GuestStore::StartClock() {
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

GuestEnd GuestStore::Ended(std::optional<std::uint32_t> exit_code,
                           const std::string& backtrace) const {
  if (exit_code) return GuestExit{*exit_code};
  if (clock_->up)
    return GuestTimeout{.timeout = *options_.timeout, .backtrace = FramesOf(backtrace)};
  return GuestTrap{backtrace};
}

std::unexpected<Error> GuestStore::CallFailed(std::string_view name,
                                              const std::string& backtrace) const {
  if (clock_->up) {
    return base::Fail(ErrorCode::kTimeout,
                      "\"{}\" was stopped, as the guest's timeout of {} is over: {}", name,
                      base::DurationText(*options_.timeout), FramesOf(backtrace));
  }
  return base::Fail(ErrorCode::kRuntimeError, "\"{}\" trapped: {}", name, backtrace);
}

GuestEnd GuestStore::NotInstantiated(std::optional<std::uint32_t> exit_code,
                                     const std::string& engine_text) const {
  if (exit_code || clock_->up) return Ended(exit_code, engine_text);
  if (options_.max_memory_bytes) {
    auto refusal = LimitThatRefused(engine_text, *options_.max_memory_bytes);
    if (refusal) return GuestNotStarted{*std::move(refusal)};
  }
  // A trap of its start function quotes the guest's own names.
  const bool ran = engine_text.contains("wasm backtrace");
  const std::string limit = ran ? "" : base::ProcessLimitText(engine_text);
  return limit.empty() ? Ended(exit_code, engine_text) : GuestNotStarted{limit};
}

}  // namespace namesake::engine
