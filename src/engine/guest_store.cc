#include "engine/guest_store.h"

#include <namesake_components.h>

#include <system_error>
#include <utility>
#include <variant>

#include "base/fail.h"
#include "base/process_limits.h"
#include "base/text.h"
#include "base/units.h"
#include "engine/guest_limits.h"

namespace namesake::engine {
namespace {

Result<void> CheckUtf8(const GuestOptions& options) {
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
  for (const GuestDirectory& directory : options.directories) {
    if (auto ok = check("the guest's directory", directory.guest); !ok) return ok;
  }
  return {};
}

Result<void> OpenDirectory(const GuestDirectory& directory, wasmtime::WasiConfig& wasi) {
  const bool writes = directory.access == GuestAccess::kReadWrite;
  if (wasi.preopen_dir(directory.host.string(), directory.guest, writes)) return {};
  std::error_code error;
  const bool is_directory = std::filesystem::is_directory(directory.host, error);
  return base::Fail(ErrorCode::kRuntimeError, "can't open {} as a directory for the guest: {}",
                    directory.host.string(),
                    error           ? error.message()
                    : !is_directory ? "it does not exist or is not a directory"
                                    : "permission denied");
}

void SetInput(const GuestInput& input, wasmtime::WasiConfig& wasi) {
  if (std::holds_alternative<ProcessStream>(input)) return wasi.inherit_stdin();
  if (const auto* const text = std::get_if<std::string>(&input)) {
    wasm_byte_vec_t bytes;
    wasm_byte_vec_new(&bytes, text->size(), text->data());
    wasi_config_set_stdin_bytes(wasi.capi(), &bytes);
  }
}

Result<void> CheckBounds(const Runtime& runtime, const GuestOptions& options,
                         const GuestBounds& bounds) {
  if (!runtime.interruptible()) {
    const char* const what = bounds.timeout                 ? "guest_timeout"
                             : options.stop.stop_possible() ? "stop token"
                                                            : nullptr;
    if (what != nullptr) {
      return base::Fail(ErrorCode::kInvalidArgument,
                        "the guest can't have a {}: its engine was created without "
                        "GuestEngineOptions::interruptible",
                        what);
    }
  }
  if (!bounds.max_memory_bytes || runtime.guest_memory_limits()) return {};
  return base::Fail(ErrorCode::kInvalidArgument,
                    "the guest can't have max_guest_memory_bytes: its engine was created with "
                    "GuestEngineOptions::shared_memories");
}

// Extracts the frames from the engine's text on a stopped guest; the cause is known anyway.
std::string FramesOf(const std::string& backtrace) {
  const auto begin = backtrace.find("wasm backtrace:");
  if (begin == std::string::npos) return backtrace;
  return backtrace.substr(begin, backtrace.find("\n\nCaused by:", begin) - begin);
}

}  // namespace

GuestStore::GuestStore(std::shared_ptr<Runtime> runtime, const GuestOptions& options,
                       const GuestBounds& bounds)
    : runtime_(std::move(runtime)),
      bounds_(bounds),
      overdue_{.tell = options.on_overdue, .grace = options.overdue_grace},
      clock_(std::make_shared<Clock>()),
      store_(runtime_->engine()) {
  clock_->stop = options.stop;
}

Result<GuestStore> GuestStore::Make(std::shared_ptr<Runtime> runtime, const GuestOptions& options,
                                    const GuestBounds& bounds) {
  if (auto checked = CheckBounds(*runtime, options, bounds); !checked) {
    return base::Fail(std::move(checked));
  }
  GuestStore guest(std::move(runtime), options, bounds);
  auto wasi = guest.NewWasi(options);
  if (!wasi) return base::Fail(std::move(wasi));
  if (bounds.max_memory_bytes) LimitMemory(guest.store_, *bounds.max_memory_bytes);
  LimitCalls(guest.store_, bounds.max_memory_bytes);
  if (guest.runtime_->interruptible()) guest.StopWhenDue();
  if (auto set = guest.context().set_wasi(*std::move(wasi)); !set) {
    return base::Fail(ErrorCode::kRuntimeError, "can't set up WASI: {}", set.err().message());
  }
  return guest;
}

Result<wasmtime::WasiConfig> GuestStore::NewWasi(const GuestOptions& options) {
  if (auto checked = CheckUtf8(options); !checked) return base::Fail(std::move(checked));
  wasmtime::WasiConfig wasi;
  wasi.argv(options.args);
  wasi.env(options.env);
  SetInput(options.input, wasi);
  SetOutput(options.output, OutputStream::kOutput, wasi);
  SetOutput(options.error, OutputStream::kError, wasi);
  if (options.network == GuestNetwork::kHost) {
    wasi_config_inherit_network(wasi.capi());
    namesake_wasi_config_allow_sockets(wasi.capi());
    wasi_config_allow_ip_name_lookup(wasi.capi(), true);
  }
  for (const GuestDirectory& directory : options.directories) {
    if (auto opened = OpenDirectory(directory, wasi); !opened) return base::Fail(std::move(opened));
  }
  return wasi;
}

void GuestStore::SetOutput(const GuestOutput& output, OutputStream stream,
                           wasmtime::WasiConfig& wasi) {
  const bool is_error = stream == OutputStream::kError;
  if (std::holds_alternative<ProcessStream>(output)) {
    return is_error ? wasi.inherit_stderr() : wasi.inherit_stdout();
  }
  if (const auto* const sink = std::get_if<GuestOutputGate::Sink>(&output)) {
    (is_error ? error_ : output_).emplace(*sink).GiveTo(wasi, stream);
  }
}

std::function<Deadline()> GuestStore::DeadlineFunction() const {
  return [clock = clock_] { return clock->deadline; };
}

// Each guest checks for itself, because the watch advances the epoch for all guests of an engine.
void GuestStore::StopWhenDue() {
  store_.epoch_deadline_callback(
      [clock = clock_](wasmtime::Store::Context /*store*/,
                       std::uint64_t& next_epoch) -> wasmtime::Result<wasmtime::DeadlineKind> {
        if (clock->deadline.passed()) {
          clock->why = Why::kTime;
          return wasmtime::Error("the guest's time is up");
        }
        if (clock->stop.stop_requested()) {
          clock->why = Why::kStop;
          return wasmtime::Error("the guest was asked to stop");
        }
        next_epoch = 1;
        return wasmtime::DeadlineKind::Continue;
      });
  context().set_epoch_deadline(0);  // Checked at the first instruction and at every tick.
}

Result<std::unique_ptr<GuestWatch::Watching>> GuestStore::StartClock() {
  if (!std::exchange(started_, true)) clock_->deadline = Deadline::AfterIf(bounds_.timeout);
  std::function<void()> tell_once;
  if (overdue_.tell) {
    tell_once = [clock = clock_, tell = overdue_.tell] {
      if (!clock->told.exchange(true)) tell();
    };
  }
  return runtime_->watch().Begin({.deadline = clock_->deadline,
                                  .stop = clock_->stop,
                                  .grace = overdue_.grace,
                                  .on_overdue = std::move(tell_once)});
}

void GuestStore::CloseOutputs() {
  if (output_) output_->Close();
  if (error_) error_->Close();
}

GuestEnd GuestStore::Ended(std::optional<std::uint32_t> exit_code,
                           const std::string& backtrace) const {
  if (exit_code) return GuestExit{*exit_code};
  switch (clock_->why) {
    case Why::kTime:
      return GuestTimeout{.timeout = *bounds_.timeout, .backtrace = FramesOf(backtrace)};
    case Why::kStop:
      return GuestStopped{.backtrace = FramesOf(backtrace)};
    case Why::kNot:
      break;
  }
  return GuestTrap{backtrace};
}

std::unexpected<Error> GuestStore::CallFailed(std::string_view name,
                                              std::optional<std::uint32_t> exit_code,
                                              const std::string& backtrace) const {
  if (exit_code) {
    return base::Fail(ErrorCode::kRuntimeError, "\"{}\" ended the guest with exit code {}", name,
                      *exit_code);
  }
  switch (clock_->why) {
    case Why::kTime:
      return base::Fail(ErrorCode::kTimeout,
                        "\"{}\" was stopped after the guest's timeout of {}: {}", name,
                        base::DurationText(*bounds_.timeout), FramesOf(backtrace));
    case Why::kStop:
      return base::Fail(ErrorCode::kTimeout, "\"{}\" was stopped on request: {}", name,
                        FramesOf(backtrace));
    case Why::kNot:
      break;
  }
  return base::Fail(ErrorCode::kRuntimeError, "\"{}\" trapped: {}", name, backtrace);
}

GuestEnd GuestStore::NotInstantiated(std::optional<std::uint32_t> exit_code,
                                     const std::string& engine_text) const {
  // The trap message of a start function quotes names chosen by the guest.
  const bool ran = engine_text.contains("wasm backtrace");
  if (exit_code || ran || clock_->why != Why::kNot) return Ended(exit_code, engine_text);
  if (auto full = PoolRefusal(engine_text)) return GuestNotStarted{*std::move(full)};
  if (bounds_.max_memory_bytes) {
    auto refusal = LimitThatRefused(engine_text, *bounds_.max_memory_bytes);
    if (refusal) return GuestNotStarted{*std::move(refusal)};
  }
  const std::string limit = base::ProcessLimitText(engine_text);
  return limit.empty() ? Ended(exit_code, engine_text) : GuestNotStarted{limit};
}

}  // namespace namesake::engine
