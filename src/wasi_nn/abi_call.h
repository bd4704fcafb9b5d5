// Shared by the guest ABIs below their decoding: limits on what a guest may make the host read, and
// a guard that keeps exceptions from leaving a call.
#ifndef NAMESAKE_WASI_NN_ABI_CALL_H_
#define NAMESAKE_WASI_NN_ABI_CALL_H_

#include <cstdint>
#include <exception>
#include <new>

#include "base/fail.h"
#include "base/result_of.h"
#include "graph/encoding_layout.h"
#include "namesake/error.h"
#include "namesake/tensor.h"

namespace namesake::wasi_nn {

// The most parts of any encoding.
inline constexpr std::uint64_t kMaxModelParts = graph::MaxParts(Encoding::kAutodetect);

// Errors of both functions: invalid_argument.
inline Result<void> CheckPartCount(std::uint64_t count) {
  if (count <= kMaxModelParts) return {};
  return base::Fail(ErrorCode::kInvalidArgument,
                    "a model in {} parts; no encoding has more than {}", count, kMaxModelParts);
}

inline Result<void> CheckRank(std::uint64_t rank) {
  if (rank <= kMaxRank) return {};
  return base::Fail(ErrorCode::kInvalidArgument,
                    "a tensor of {} dimensions; at most {} are allowed", rank, kMaxRank);
}

// Short enough to need no memory for its text.
inline std::unexpected<Error> OutOfMemory() {
  return base::Fail(ErrorCode::kRuntimeError, "out of memory");
}

// Returns the result of `body` as a Result. Further errors: runtime_error if the host runs out of
// memory; internal for any other exception. Every call of either ABI that may throw goes through
// this.
template <typename Body>
base::ResultOf<const Body&> WithoutThrowing(const Body& body) noexcept {
  try {
    try {
      return base::CallForResult(body);
    } catch (const std::bad_alloc&) {
      return OutOfMemory();
    } catch (const std::exception& error) {
      return base::FailInternal("{}", error.what());
    } catch (...) {
      return base::FailInternal("something other than a std::exception was thrown");
    }
  } catch (...) {
    return OutOfMemory();  // Not even enough for the message.
  }
}

}  // namespace namesake::wasi_nn

#endif  // NAMESAKE_WASI_NN_ABI_CALL_H_
