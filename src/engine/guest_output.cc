#include "engine/guest_output.h"

#include <cstddef>
#include <mutex>

namespace namesake::engine {

struct GuestOutputGate::Gate {
  explicit Gate(Sink given) : sink(std::move(given)) {}

  void Write(std::string_view text) {
    const std::lock_guard lock(mutex);
    if (sink) sink(text);
  }

  std::mutex mutex;
  Sink sink;  // Guarded by mutex; empty once closed.
};

GuestOutputGate::GuestOutputGate(Sink sink) : gate_(std::make_shared<Gate>(std::move(sink))) {}

void GuestOutputGate::GiveTo(wasmtime::WasiConfig& wasi, OutputStream stream) const {
  using SharedGate = std::shared_ptr<Gate>;
  const auto set = stream == OutputStream::kOutput ? wasi_config_set_stdout_custom
                                                   : wasi_config_set_stderr_custom;
  set(
      wasi.capi(),
      [](void* data, const unsigned char* bytes, std::size_t count) {
        (*static_cast<SharedGate*>(data))->Write({reinterpret_cast<const char*>(bytes), count});
        return static_cast<std::ptrdiff_t>(count);
      },
      std::make_unique<SharedGate>(gate_).release(),
      [](void* data) { delete static_cast<SharedGate*>(data); });
}

void GuestOutputGate::Close() {
  if (!gate_) return;
  const std::lock_guard lock(gate_->mutex);
  gate_->sink = nullptr;
}

}  // namespace namesake::engine
