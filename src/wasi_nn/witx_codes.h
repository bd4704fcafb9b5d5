// The numbers of the witx ABI (wasi-nn's wasi_ephemeral_nn.witx). They differ from those of the
// WIT.
#ifndef NAMESAKE_WASI_NN_WITX_CODES_H_
#define NAMESAKE_WASI_NN_WITX_CODES_H_

#include <cstdint>
#include <optional>

#include "namesake/error.h"
#include "namesake/model.h"
#include "namesake/tensor.h"

namespace namesake::wasi_nn::witx {

enum class Errno : std::uint32_t {
  kSuccess = 0,
  kInvalidArgument = 1,
  kInvalidEncoding = 2,
  kMissingMemory = 3,
  kBusy = 4,
  kRuntimeError = 5,
  kUnsupportedOperation = 6,
  kTooLarge = 7,
  kNotFound = 8,
};

constexpr Errno ToErrno(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return Errno::kInvalidArgument;
    case ErrorCode::kInvalidEncoding:
      return Errno::kInvalidEncoding;
    case ErrorCode::kMissingMemory:
      return Errno::kMissingMemory;
    case ErrorCode::kBusy:
      return Errno::kBusy;
    case ErrorCode::kUnsupported:
    case ErrorCode::kSecurity:  // The ABI has no code for "forbidden".
      return Errno::kUnsupportedOperation;
    case ErrorCode::kTooLarge:
    case ErrorCode::kResourceExhausted:  // One code for both, as in the WIT.
      return Errno::kTooLarge;
    case ErrorCode::kNotFound:
      return Errno::kNotFound;
    case ErrorCode::kRuntimeError:
    case ErrorCode::kTimeout:
    case ErrorCode::kInternal:
      return Errno::kRuntimeError;
  }
  return Errno::kRuntimeError;
}

constexpr std::optional<Encoding> ToEncoding(std::uint32_t number) {
  switch (number) {
    case 0:
      return Encoding::kOpenVino;
    case 1:
      return Encoding::kOnnx;
    case 2:
      return Encoding::kTensorFlow;
    case 3:
      return Encoding::kPyTorch;
    case 4:
      return Encoding::kTensorFlowLite;
    case 5:
      return Encoding::kAutodetect;
    default:
      return std::nullopt;
  }
}

constexpr std::optional<Target> ToTarget(std::uint32_t number) {
  switch (number) {
    case 0:
      return Target::kCpu;
    case 1:
      return Target::kGpu;
    case 2:
      return Target::kTpu;
    case 3:  // Not in the specification; sent by the Rust crate wasi-nn 0.6.0.
      return Target::kAuto;
    default:
      return std::nullopt;
  }
}

// The numbers since August 2023. Before that, u8 was 2 and i32 was 3 with the same imports, so
// older guests can't be told apart.
constexpr std::optional<ElementType> ToElementType(std::uint8_t number) {
  switch (number) {
    case 0:
      return ElementType::kF16;
    case 1:
      return ElementType::kF32;
    case 2:
      return ElementType::kF64;
    case 3:
      return ElementType::kU8;
    case 4:
      return ElementType::kI32;
    case 5:
      return ElementType::kI64;
    default:
      return std::nullopt;
  }
}

}  // namespace namesake::wasi_nn::witx

#endif  // NAMESAKE_WASI_NN_WITX_CODES_H_
