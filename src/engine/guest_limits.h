// What bounds one guest's memory and tables.
//
// The engine bounds the size of each memory, not their sum, so a guest with a limit may have one
// memory. A shared memory grows past every bound of the engine's, and is refused. Beside the memory
// a guest may have kMaxTables tables of kMaxTableElements, 8 bytes of the host's each: 64 MiB. The
// heap of a guest that uses WebAssembly's garbage collection is apart, and has the memory's limit.
#ifndef NAMESAKE_ENGINE_GUEST_LIMITS_H_
#define NAMESAKE_ENGINE_GUEST_LIMITS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <wasmtime.hh>

#include "namesake/error.h"

namespace namesake {

inline constexpr std::int64_t kMaxTables = 8;
inline constexpr std::int64_t kMaxTableElements = 1 << 20;

// Checks the memories that `module` imports and exports; the others show when it is instantiated.
// Errors: too_large for one that begins above `max_bytes`; unsupported for a shared one.
Result<void> CheckMemories(const wasmtime::Module& module, std::uint64_t max_bytes);

// Bounds all that `store` will hold. A memory or a table that would grow beyond stays as it is, and
// the guest is told so as WebAssembly defines.
void LimitMemory(wasmtime::Store& store, std::uint64_t max_bytes);

// Why a module was not instantiated in a store that LimitMemory bounds, when a limit is the reason
// that `engine_text` gives; else nothing.
std::optional<std::string> LimitThatRefused(std::string_view engine_text, std::uint64_t max_bytes);

}  // namespace namesake

#endif  // NAMESAKE_ENGINE_GUEST_LIMITS_H_
