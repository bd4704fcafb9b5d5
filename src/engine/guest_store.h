// The store of one guest, module or component: its WASI, its limits and its clock.
#ifndef NAMESAKE_ENGINE_GUEST_STORE_H_
#define NAMESAKE_ENGINE_GUEST_STORE_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <wasmtime.hh>

#include "engine/guest_output.h"
#include "engine/guest_watch.h"
#include "engine/runtime.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "namesake/guest.h"

namespace namesake::engine {

// What the engine bounds of one guest.
struct GuestBounds {
  // All of the guest's memory, see guest_limits.h. Needs RuntimeOptions::guest_memory_limits.
  std::optional<std::uint64_t> max_memory_bytes{};
  // Wall time from the first instruction, that of the start function included, to the end. Needs
  // RuntimeOptions::interruptible.
  std::optional<std::chrono::nanoseconds> timeout{};
};

// Movable. One thread at a time.
class GuestStore {
 public:
  // Of the options those that are not the view's. Errors: runtime_error for a directory that can't
  // be opened; invalid_argument for arguments that are not UTF-8, and for a limit or a stop token
  // that the runtime was not made for.
  static Result<GuestStore> Make(std::shared_ptr<Runtime> runtime, const GuestOptions& options,
                                 const GuestBounds& bounds);

  wasmtime::Store& store() { return store_; }
  wasmtime::Store::Context context() { return store_.context(); }
  // `Never()` before the guest's first instruction. The function may be called as long as anybody
  // has it, on the guest's thread.
  const Deadline& deadline() const { return clock_->deadline; }
  std::function<Deadline()> DeadlineFunction() const;
  // The guest was stopped because its time was up.
  bool time_is_up() const { return clock_->why == Why::kTime; }

  // Lets the time run, from the first call on; the guest's code runs while the result lives. Null
  // for a guest that nothing stops. Errors: runtime_error when no thread can be had.
  Result<std::unique_ptr<GuestWatch::Watching>> StartClock();

  // The guest has ended: from now on its functions for output get nothing.
  void CloseOutputs();

  // How the guest ended whose call failed with `backtrace`: an exit, a timeout and a stop unwind it
  // as a trap does.
  GuestEnd Ended(std::optional<std::uint32_t> exit_code, const std::string& backtrace) const;
  // The same for a call of the export `name`. Errors: timeout, runtime_error.
  std::unexpected<Error> CallFailed(std::string_view name, std::optional<std::uint32_t> exit_code,
                                    const std::string& backtrace) const;
  // The end of a guest that was not instantiated, by the engine's text: not started where a limit
  // of the guest's or of the process is behind it, else as its start function ended.
  GuestEnd NotInstantiated(std::optional<std::uint32_t> exit_code,
                           const std::string& engine_text) const;

 private:
  // Why the guest's code was ended by us.
  enum class Why : std::uint8_t { kNot, kTime, kStop };
  // At an address of its own, for the store's epoch callback.
  struct Clock {
    Deadline deadline = Deadline::Never();
    std::stop_token stop;
    Why why = Why::kNot;
    std::atomic<bool> told = false;  // That the guest is overdue.
  };
  struct Overdue {
    std::function<void()> tell;
    std::chrono::nanoseconds grace{};
  };

  GuestStore(std::shared_ptr<Runtime> runtime, const GuestOptions& options,
             const GuestBounds& bounds);

  Result<wasmtime::WasiConfig> NewWasi(const GuestOptions& options);
  void SetOutput(const GuestOutput& output, OutputStream stream, wasmtime::WasiConfig& wasi);
  void StopWhenDue();

  std::shared_ptr<Runtime> runtime_;
  GuestBounds bounds_;
  Overdue overdue_;
  std::shared_ptr<Clock> clock_;
  bool started_ = false;
  wasmtime::Store store_;
  // Closed before the store ends, whose threads may be writing.
  std::optional<GuestOutputGate> output_;
  std::optional<GuestOutputGate> error_;
};

}  // namespace namesake::engine

#endif  // NAMESAKE_ENGINE_GUEST_STORE_H_
