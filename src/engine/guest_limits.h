// What bounds one guest's memory and tables, and what it may hand over in a call.
//
// All linear memories of a guest count together, those of all modules of a component included, and
// so do all its tables. A shared memory grows past every bound of the engine's, and is refused. An
// element of a table takes 8 bytes of the host's: beside the memories, 64 MiB at most.
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

// A component of several languages' parts has a few of each.
inline constexpr std::size_t kMaxMemories = 64;
inline constexpr std::size_t kMaxInstances = 64;
inline constexpr std::size_t kMaxTables = 64;
inline constexpr std::size_t kMaxTableElements = 1 << 23;

// Checks the memories that `module` imports and exports; the others show when it is instantiated.
// Errors: too_large for one that begins above `max_bytes`; unsupported for a shared one.
Result<void> CheckMemories(const wasmtime::Module& module, std::uint64_t max_bytes);

// Bounds all that `store` will hold. A memory or a table that would grow beyond stays as it is, and
// the guest is told so as WebAssembly defines.
void LimitMemory(wasmtime::Store& store, std::uint64_t max_bytes);

// Lets a component's calls hand over any list that fits in its memory, of `max_bytes` or, where
// there is no limit, of what a 32-bit address reaches, so that what a function of the host's does
// not accept is its own to refuse: a list beyond the engine's budget would trap. It is also the
// bound of what one call of WASI's makes the host copy.
void LimitCalls(wasmtime::Store& store, std::optional<std::uint64_t> max_bytes);

// Why nothing was instantiated, when the engine's pool is used up; else nothing.
std::optional<std::string> PoolRefusal(std::string_view engine_text);

// Why a module was not instantiated in a store that LimitMemory bounds, when a limit is the reason
// that `engine_text` gives; else nothing.
std::optional<std::string> LimitThatRefused(std::string_view engine_text, std::uint64_t max_bytes);

}  // namespace namesake::engine

#endif  // NAMESAKE_ENGINE_GUEST_LIMITS_H_
