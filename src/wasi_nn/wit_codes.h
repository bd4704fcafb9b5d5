// The numbers of wasi:nn's enums, in the order of the WIT (wit/). They differ from those of the
// witx.
#ifndef NAMESAKE_WASI_NN_WIT_CODES_H_
#define NAMESAKE_WASI_NN_WIT_CODES_H_

#include <cstdint>
#include <optional>

#include "namesake/error.h"
#include "namesake/model.h"
#include "namesake/tensor.h"

namespace namesake::wasi_nn::wit {

enum class Code : std::uint8_t {
  kInvalidArgument = 0,
  kInvalidEncoding = 1,
  kTimeout = 2,
  kRuntimeError = 3,
  kUnsupportedOperation = 4,
  kTooLarge = 5,
  kNotFound = 6,
  kSecurity = 7,
  kUnknown = 8,
};

constexpr Code ToCode(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kMissingMemory:  // Can't occur: a component's lists always have a memory.
      return Code::kInvalidArgument;
    case ErrorCode::kInvalidEncoding:
      return Code::kInvalidEncoding;
    case ErrorCode::kTimeout:
      return Code::kTimeout;
    case ErrorCode::kBusy:  // The text says "busy".
    case ErrorCode::kRuntimeError:
      return Code::kRuntimeError;
    case ErrorCode::kUnsupported:
      return Code::kUnsupportedOperation;
    case ErrorCode::kTooLarge:
    case ErrorCode::kResourceExhausted:
      return Code::kTooLarge;
    case ErrorCode::kNotFound:
      return Code::kNotFound;
    case ErrorCode::kSecurity:
      return Code::kSecurity;
    case ErrorCode::kInternal:
      return Code::kUnknown;
  }
  return Code::kUnknown;
}

// Components can't pass numbers outside an enum.
constexpr std::optional<Encoding> ToEncoding(std::uint8_t number) {
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
      return Encoding::kGgml;
    case 6:
      return Encoding::kAutodetect;
    default:
      return std::nullopt;
  }
}

constexpr std::optional<Target> ToTarget(std::uint8_t number) {
  switch (number) {
    case 0:
      return Target::kCpu;
    case 1:
      return Target::kGpu;
    case 2:
      return Target::kTpu;
    default:
      return std::nullopt;
  }
}

constexpr std::optional<ElementType> ToElementType(std::uint8_t number) {
  switch (number) {
    case 0:
      return ElementType::kF16;
    case 1:
      return ElementType::kF32;
    case 2:
      return ElementType::kF64;
    case 3:
      return ElementType::kBf16;
    case 4:
      return ElementType::kU8;
    case 5:
      return ElementType::kI32;
    case 6:
      return ElementType::kI64;
    default:
      return std::nullopt;
  }
}

// Empty for types that wasi:nn does not have.
constexpr std::optional<std::uint8_t> ToNumber(ElementType type) {
  for (std::uint8_t number = 0; ToElementType(number); ++number) {
    if (ToElementType(number) == type) return number;
  }
  return std::nullopt;
}

}  // namespace namesake::wasi_nn::wit

#endif  // NAMESAKE_WASI_NN_WIT_CODES_H_
