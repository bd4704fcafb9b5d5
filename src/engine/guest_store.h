// The store of one guest, module or component: its WASI, its limits and its clock.
#ifndef NAMESAKE_ENGINE_GUEST_STORE_H_
#define NAMESAKE_ENGINE_GUEST_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <wasmtime.hh>

#include "engine/command.h"
#include "engine/guest_alarm.h"
#include "engine/guest_stdout.h"
#include "engine/runtime.h"
#include "namesake/deadline.h"
#include "namesake/error.h"

namespace namesake::engine {

// Movable. One thread at a time.
class GuestStore {
 public:
  // Standard input and error are the process's. Errors: runtime_error for a directory that can't be
  // opened; invalid_argument for arguments that are not UTF-8, or for a limit that the runtime was
  // not made for.
  static Result<GuestStore> Make(Runtime& runtime, const CommandOptions& options);

  wasmtime::Store& store() { return store_; }
  wasmtime::Store::Context context() { return store_.context(); }
  // `Never()` before the guest's first instruction.
  const Deadline& deadline() const { return clock_->deadline; }
  // The guest was stopped.
  bool time_is_up() const { return clock_->up; }

  // Lets the time run, from the first call on; the guest's code runs while the alarm lives. Null
  // without a timeout. Errors: runtime_error when no thread can be had.
  Result<std::unique_ptr<GuestAlarm>> StartClock();

  // The guest has ended: from now on CommandOptions::on_stdout gets nothing.
  void CloseStdout() { output_.Close(); }

  // How the guest ended whose call failed with `backtrace`: an exit and a timeout unwind it as a
  // trap does.
  GuestEnd Ended(std::optional<std::uint32_t> exit_code, const std::string& backtrace) const;
  // The same for a call of the export `name`. Errors: timeout, runtime_error.
  std::unexpected<Error> CallFailed(std::string_view name, const std::string& backtrace) const;
  // The end of a guest that was not instantiated, by the engine's text: not started where a limit
  // of the guest's or of the process is behind it, else as its start function ended.
  GuestEnd NotInstantiated(std::optional<std::uint32_t> exit_code,
                           const std::string& engine_text) const;

 private:
  // At an address of its own, for the store's epoch callback.
  struct Clock {
    Deadline deadline = Deadline::Never();
    bool up = false;
  };

  GuestStore(const wasmtime::Engine& engine, CommandOptions options)
      : engine_(engine),
        options_(std::move(options)),
        store_(engine_),
        output_(options_.on_stdout) {}

  void StopWhenUp();

  wasmtime::Engine engine_;
  CommandOptions options_;
  std::unique_ptr<Clock> clock_ = std::make_unique<Clock>();
  bool started_ = false;
  wasmtime::Store store_;
  GuestStdout output_;  // Closed before the store ends, whose threads may be writing.
};

}  // namespace namesake::engine

#endif  // NAMESAKE_ENGINE_GUEST_STORE_H_
