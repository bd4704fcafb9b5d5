// Passes a guest's standard output or error to a function of the host.
#ifndef NAMESAKE_ENGINE_GUEST_OUTPUT_H_
#define NAMESAKE_ENGINE_GUEST_OUTPUT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <wasmtime.hh>

namespace namesake::engine {

enum class OutputStream : std::uint8_t { kOutput, kError };

// The engine writes on its own thread, and a guest waits for it only when it flushes. The engine
// may write after the guest has ended; after Close() the sink is never called again. Movable.
class GuestOutputGate {
 public:
  using Sink = std::function<void(std::string_view)>;

  explicit GuestOutputGate(Sink sink);
  ~GuestOutputGate() { Close(); }
  GuestOutputGate(GuestOutputGate&&) = default;
  GuestOutputGate& operator=(GuestOutputGate&&) = default;

  void GiveTo(wasmtime::WasiConfig& wasi, OutputStream stream) const;

  // Waits for a running call of the sink.
  void Close();

 private:
  struct Gate;

  std::shared_ptr<Gate> gate_;  // Null once moved from.
};

}  // namespace namesake::engine

#endif  // NAMESAKE_ENGINE_GUEST_OUTPUT_H_
