// What a guest writes to standard output, on its way to a function of the host's.
#ifndef NAMESAKE_ENGINE_GUEST_STDOUT_H_
#define NAMESAKE_ENGINE_GUEST_STDOUT_H_

#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <wasmtime.hh>

namespace namesake::engine {

// The engine writes on a thread of its own, for which a guest waits only where it flushes, and may
// be about to when the guest has ended: the function is called no more when this is closed.
// Movable.
class GuestStdout {
 public:
  using Sink = std::function<void(std::string_view)>;

  explicit GuestStdout(Sink sink);
  ~GuestStdout() { Close(); }
  GuestStdout(GuestStdout&&) = default;
  GuestStdout& operator=(GuestStdout&&) = default;

  void GiveTo(wasmtime::WasiConfig& wasi) const;

  // Waits for a call that is under way.
  void Close();

 private:
  struct Gate;

  std::shared_ptr<Gate> gate_;  // Null when moved from.
};

}  // namespace namesake::engine

#endif  // NAMESAKE_ENGINE_GUEST_STDOUT_H_
