#include "guest/instance.h"

#include <any>
#include <variant>

#include "base/fail.h"

namespace namesake::guest {

Caller& CallerOf(wasmtime::Store::Context store) {
  return *std::any_cast<Caller*>(store.get_data());
}

View* FindView(void* /*env*/, wasmtime_context* store) {
  return CallerOf(wasmtime::Store::Context(store)).view;
}

Instance::Instance(engine::GuestStore store, View& view)
    : caller_(std::make_unique<Caller>(&view)), store_(std::move(store)) {
  store_.context().set_data(caller_.get());
}

GuestEnd Instance::Run() {
  // Lives until the outputs are closed, which waits for their running functions.
  const auto watching = store_.StartClock();
  if (!watching) return GuestNotStarted{watching.error().detail()};
  caller_->exit_code.reset();
  GuestEnd end = RunToEnd();
  store_.CloseOutputs();
  return end;
}

GuestEnd Instance::RunToEnd() {
  if (const auto& ended = InstantiateOnce()) return *ended;
  return CallCommand();
}

Result<void> Instance::Call(const std::string& name) {
  const auto watching = store_.StartClock();
  if (!watching) return base::Fail(watching);
  caller_->exit_code.reset();
  const auto& ended = InstantiateOnce();
  if (!ended) return CallExport(name);
  if (const auto* const denied = std::get_if<GuestNotStarted>(&*ended)) {
    return base::Fail(ErrorCode::kRuntimeError, "the guest can't be started: {}", denied->reason);
  }
  const auto* const trap = std::get_if<GuestTrap>(&*ended);
  return base::Fail(store_.time_is_up() ? ErrorCode::kTimeout : ErrorCode::kRuntimeError,
                    "the start function ended the guest: {}",
                    store_.time_is_up() ? "its time was up"
                    : trap == nullptr   ? "it exited"
                                        : trap->backtrace);
}

const std::optional<GuestEnd>& Instance::InstantiateOnce() {
  if (!std::exchange(instantiated_, true)) end_at_start_ = Instantiate();
  return end_at_start_;
}

}  // namespace namesake::guest
