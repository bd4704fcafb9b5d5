// The functions of the module `wasi_ephemeral_nn`, with any bytes as the guest's memory: each
// decodes a guest's call, makes it on the guest's view, and encodes the answer.
//
// Every function checks where its answer goes before it does anything, so that a bad pointer leaves
// nothing behind. Whatever is both checked and used is copied out of the guest's memory first,
// since a shared memory may change meanwhile; a tensor's data is the exception: only its length is
// checked, and it is copied once, by the backend.
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

// No function has more.
inline constexpr std::size_t kMaxParameters = 7;

struct Call;

// As guests import it. All parameters are i32, and so is the result, an Errno.
struct Function {
  std::string_view name;
  std::size_t parameters;
  Result<void> (*body)(const Call&);
  // The parameter that is a buffer's length, where the function fills one.
  std::optional<std::size_t> buffer_length{};
};

// Whether a call that failed with `code` had no buffer at all, and so has asked for the size that
// it needs.
bool AsksForSize(const Function& function, std::span<const std::uint32_t> args, ErrorCode code);

// All of them, each name once; constant.
std::span<const Function> Functions();

// One call of a guest, with as many `args` as the function has parameters. Any values are fine.
// Runs on the guest's thread, and blocks as the view's functions do. Errors: theirs; runtime_error
// for a lack of the host's memory; internal for whatever else a backend throws.
Result<void> Invoke(const Function& function, View& view, const engine::GuestMemory& memory,
                    std::span<const std::uint32_t> args) noexcept;

}  // namespace namesake::wasi_nn::witx

#endif  // NAMESAKE_WASI_NN_WITX_CALLS_H_
