// What a guest writes to one of its standard streams, on its way to a function of the host's.
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

// The engine writes on a thread of its own, for which a guest waits only where it flushes, and may
// be about to when the guest has ended: the function is called no more when this is closed.
// Movable.
class GuestOutputGate {
 public:
  using Sink = std::function<void(std::string_view)>;

  explicit GuestOutputGate(Sink sink);
  ~GuestOutputGate() { Close(); }
  GuestOutputGate(GuestOutputGate&&) = default;
  GuestOutputGate& operator=(GuestOutputGate&&) = default;

  void GiveTo(wasmtime::WasiConfig& wasi, OutputStream stream) const;

  // Waits for a call that is under way.
  void Close();

 private:
  struct Gate;

  std::shared_ptr<Gate> gate_;  // Null when moved from.
};

}  // namespace namesake::engine

#endif  // NAMESAKE_ENGINE_GUEST_OUTPUT_H_
