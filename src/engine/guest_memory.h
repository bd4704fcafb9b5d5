// A guest's memory for the duration of one host call.
//
// Every pointer and length comes from the guest and is checked in 64 bits before use. No access
// needs alignment. Spans are valid until the host call returns: the guest does not run meanwhile,
// so its memory does not move. Other threads of the guest may write to a shared memory at any time,
// so copy data out before checking it.
#ifndef NAMESAKE_ENGINE_GUEST_MEMORY_H_
#define NAMESAKE_ENGINE_GUEST_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <wasmtime.hh>

#include "namesake/error.h"

namespace namesake::engine {

class GuestMemory {
 public:
  // Finds the caller's export "memory", plain or shared. Errors: missing_memory.
  static Result<GuestMemory> Of(wasmtime_caller_t* caller);
  // For tests: treats any bytes as a guest's memory.
  explicit GuestMemory(std::span<std::byte> bytes) : bytes_(bytes) {}

  // Errors of all functions below: invalid_argument for a range outside the memory.
  Result<std::span<const std::byte>> Read(std::uint32_t pointer, std::uint64_t length) const;
  Result<std::span<std::byte>> Write(std::uint32_t pointer, std::uint64_t length) const;
  Result<std::uint32_t> ReadU32(std::uint32_t pointer) const;
  Result<void> WriteU32(std::uint32_t pointer, std::uint32_t value) const;

 private:
  struct DeleteShared {
    void operator()(wasmtime_sharedmemory_t* memory) const { wasmtime_sharedmemory_delete(memory); }
  };

  std::span<std::byte> bytes_;
  std::unique_ptr<wasmtime_sharedmemory_t, DeleteShared> shared_;  // Pins a shared memory's bytes.
};

// Loads a little-endian u32 from any address.
std::uint32_t LoadU32(const std::byte* at);

}  // namespace namesake::engine

#endif  // NAMESAKE_ENGINE_GUEST_MEMORY_H_
