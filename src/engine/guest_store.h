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

// The engine's limits for one guest.
struct GuestBounds {
  // Limits all memory of the guest, see guest_limits.h. Needs RuntimeOptions::guest_memory_limits.
  std::optional<std::uint64_t> max_memory_bytes{};
  // Wall time from the first instruction, including the start function, to the end. Needs
  // RuntimeOptions::interruptible.
  std::optional<std::chrono::nanoseconds> timeout{};
};

// Movable. One thread at a time.
class GuestStore {
 public:
  // Uses those of the options that the view does not. Errors: runtime_error for a directory that
  // can't be opened; invalid_argument for arguments that are not UTF-8, and for a limit or a stop
  // token that the runtime does not support.
  static Result<GuestStore> Make(std::shared_ptr<Runtime> runtime, const GuestOptions& options,
                                 const GuestBounds& bounds);

  wasmtime::Store& store() { return store_; }
  wasmtime::Store::Context context() { return store_.context(); }
  // `Never()` before the guest's first instruction. The function stays valid after the store ends;
  // call it on the guest's thread.
  const Deadline& deadline() const { return clock_->deadline; }
  std::function<Deadline()> DeadlineFunction() const;
  // Whether the guest was stopped because its time was up.
  bool time_is_up() const { return clock_->why == Why::kTime; }

  // Starts the clock at the first call. The guest's code may run while the result lives. Null for a
  // guest that can't be stopped. Errors: runtime_error if no thread can be started.
  Result<std::unique_ptr<GuestWatch::Watching>> StartClock();

  // To be called when the guest has ended: its output functions are not called any more.
  void CloseOutputs();

  // How a guest ended whose call failed with `backtrace`. Exits, timeouts and stops unwind the
  // guest like a trap.
  GuestEnd Ended(std::optional<std::uint32_t> exit_code, const std::string& backtrace) const;
  // Like Ended, for a call of the export `name`. Errors: timeout, runtime_error.
  std::unexpected<Error> CallFailed(std::string_view name, std::optional<std::uint32_t> exit_code,
                                    const std::string& backtrace) const;
  // The end of a guest that could not be instantiated, from the engine's text: not started if a
  // limit of the guest or of the process is the cause, otherwise as its start function ended.
  GuestEnd NotInstantiated(std::optional<std::uint32_t> exit_code,
                           const std::string& engine_text) const;

 private:
  // Why the host stopped the guest's code.
  enum class Why : std::uint8_t { kNot, kTime, kStop };
  // On the heap, because the store's epoch callback needs a stable address.
  struct Clock {
    Deadline deadline = Deadline::Never();
    std::stop_token stop;
    Why why = Why::kNot;
    std::atomic<bool> told = false;  // Whether the guest was reported as overdue.
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
  // Closed before the store is destroyed, because its threads may still write.
  std::optional<GuestOutputGate> output_;
  std::optional<GuestOutputGate> error_;
};

}  // namespace namesake::engine

#endif  // NAMESAKE_ENGINE_GUEST_STORE_H_
