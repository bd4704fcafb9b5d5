// The functions of the module `wasi_ephemeral_nn`. Each decodes a guest's call from any bytes as
// the guest's memory, makes it on the guest's view, and encodes the answer.
//
// Every function checks the destination of its answer first, so that a bad pointer has no effect.
// Whatever is both checked and used is first copied out of the guest's memory, because a shared
// memory may change meanwhile. A tensor's data is the exception: only its length is checked, and
// the backend copies it once.
#ifndef NAMESAKE_WASI_NN_WITX_CALLS_H_
#define NAMESAKE_WASI_NN_WITX_CALLS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/guest_memory.h"
#include "namesake/error.h"
#include "namesake/view.h"

namespace namesake::wasi_nn::witx {

// The most parameters of any function.
inline constexpr std::size_t kMaxParameters = 7;

struct Call;

// A function as guests import it. All parameters are i32, and so is the result, an Errno.
struct Function {
  std::string_view name;
  std::size_t parameters;
  Result<void> (*body)(const Call&);
  // The index of the parameter with the buffer's length, if the function fills a buffer.
  std::optional<std::size_t> buffer_length{};
};

// Whether a call that failed with `code` passed no buffer, and thus asked for the required size.
bool AsksForSize(const Function& function, std::span<const std::uint32_t> args, ErrorCode code);

// All functions, each name once; constant.
std::span<const Function> Functions();

// Makes one call by a guest; `args` has as many elements as the function has parameters, of any
// values. Runs on the guest's thread, and blocks like the view's functions. Errors: theirs;
// runtime_error if the host runs out of memory; internal for any other exception of a backend.
Result<void> Invoke(const Function& function, View& view, const engine::GuestMemory& memory,
                    std::span<const std::uint32_t> args) noexcept;

}  // namespace namesake::wasi_nn::witx

#endif  // NAMESAKE_WASI_NN_WITX_CALLS_H_
