// Limits on one guest's memory and tables, and on what one call may pass.
//
// The limits apply to the sum of all linear memories of a guest, those of all modules of a
// component included, and likewise to all its tables. Shared memories are refused, because the
// engine can't limit their growth. A table element takes 8 bytes of the host's memory: 64 MiB at
// most, in addition to the memories.
#ifndef NAMESAKE_ENGINE_GUEST_LIMITS_H_
#define NAMESAKE_ENGINE_GUEST_LIMITS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <wasmtime.hh>

#include "namesake/error.h"

namespace namesake::engine {

// A component built from several languages has a few of each.
inline constexpr std::size_t kMaxMemories = 64;
inline constexpr std::size_t kMaxInstances = 64;
inline constexpr std::size_t kMaxTables = 64;
inline constexpr std::size_t kMaxTableElements = 1 << 23;

// Checks the memories that `module` imports and exports. Others are checked at instantiation.
// Errors: too_large for a memory that starts above `max_bytes`; unsupported for a shared one.
Result<void> CheckMemories(const wasmtime::Module& module, std::uint64_t max_bytes);

// Limits everything in `store`. A memory or table that would grow beyond the limit does not grow,
// and the guest gets the result that WebAssembly defines for that.
void LimitMemory(wasmtime::Store& store, std::uint64_t max_bytes);

// Lets a component's calls pass any list that fits in its memory: of `max_bytes` or, without a
// limit, of what a 32-bit address reaches. A list beyond the engine's budget would trap; this way a
// host function can refuse it instead. Also limits what one WASI call makes the host copy.
void LimitCalls(wasmtime::Store& store, std::optional<std::uint64_t> max_bytes);

// Explains a failed instantiation if the engine's pool is exhausted; otherwise empty.
std::optional<std::string> PoolRefusal(std::string_view engine_text);

// Explains why a module was not instantiated in a store limited by LimitMemory, if `engine_text`
// says that a limit is the reason; otherwise empty.
std::optional<std::string> LimitThatRefused(std::string_view engine_text, std::uint64_t max_bytes);

}  // namespace namesake::engine

#endif  // NAMESAKE_ENGINE_GUEST_LIMITS_H_
