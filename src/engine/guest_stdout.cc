#include "engine/guest_stdout.h"

#include <cstddef>
#include <mutex>

namespace namesake::engine {

struct GuestStdout::Gate {
  explicit Gate(Sink given) : sink(std::move(given)) {}

  void Write(std::string_view text) {
    const std::lock_guard lock(mutex);
    if (sink) sink(text);
  }

  std::mutex mutex;
  Sink sink;  // Guarded by mutex; empty when closed.
};

GuestStdout::GuestStdout(Sink sink) : gate_(std::make_shared<Gate>(std::move(sink))) {}

void GuestStdout::GiveTo(wasmtime::WasiConfig& wasi) const {
  using SharedGate = std::shared_ptr<Gate>;
  wasi_config_set_stdout_custom(
      wasi.capi(),
      [](void* data, const unsigned char* bytes, std::size_t count) {
        (*static_cast<SharedGate*>(data))->Write({reinterpret_cast<const char*>(bytes), count});
        return static_cast<std::ptrdiff_t>(count);
      },
      std::make_unique<SharedGate>(gate_).release(),
      [](void* data) { delete static_cast<SharedGate*>(data); });
}

void GuestStdout::Close() {
  if (!gate_) return;
  const std::lock_guard lock(gate_->mutex);
  gate_->sink = nullptr;
}

}  // namespace namesake::engine
