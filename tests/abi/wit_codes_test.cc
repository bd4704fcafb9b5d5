// Maps every number of wasi:nn's enums in both directions.
#include "wasi_nn/wit_codes.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace namesake::wasi_nn::wit {
namespace {

struct CodeRow {
  ErrorCode code;
  std::uint8_t number;
};

// The order of the WIT, written out: 0 invalid-argument, 1 invalid-encoding, 2 timeout,
// 3 runtime-error, 4 unsupported-operation, 5 too-large, 6 not-found, 7 security, 8 unknown.
constexpr auto kCodes = std::to_array<CodeRow>({
    {ErrorCode::kInvalidArgument, 0},
    {ErrorCode::kInvalidEncoding, 1},
    {ErrorCode::kMissingMemory, 0},
    {ErrorCode::kBusy, 3},
    {ErrorCode::kRuntimeError, 3},
    {ErrorCode::kUnsupported, 4},
    {ErrorCode::kTooLarge, 5},
    {ErrorCode::kNotFound, 6},
    {ErrorCode::kTimeout, 2},
    {ErrorCode::kSecurity, 7},
    {ErrorCode::kInternal, 8},
    {ErrorCode::kResourceExhausted, 5},
});

TEST(WitCodes, EveryErrorHasItsNumber) {
  ASSERT_EQ(kCodes.size(), std::size_t{kErrorCodeCount});
  for (std::size_t i = 0; i < kCodes.size(); ++i) {
    EXPECT_EQ(std::to_underlying(kCodes[i].code), i) << "the table lacks a code";
    EXPECT_EQ(std::to_underlying(ToCode(kCodes[i].code)), kCodes[i].number)
        << ErrorCodeName(kCodes[i].code);
  }
}

TEST(WitCodes, Encodings) {
  EXPECT_EQ(ToEncoding(0), Encoding::kOpenVino);
  EXPECT_EQ(ToEncoding(1), Encoding::kOnnx);
  EXPECT_EQ(ToEncoding(2), Encoding::kTensorFlow);
  EXPECT_EQ(ToEncoding(3), Encoding::kPyTorch);
  EXPECT_EQ(ToEncoding(4), Encoding::kTensorFlowLite);
  EXPECT_EQ(ToEncoding(5), Encoding::kGgml);
  EXPECT_EQ(ToEncoding(6), Encoding::kAutodetect);
  for (int number = 7; number < 256; ++number) {
    EXPECT_EQ(ToEncoding(static_cast<std::uint8_t>(number)), std::nullopt) << number;
  }
}

TEST(WitCodes, Targets) {
  EXPECT_EQ(ToTarget(0), Target::kCpu);
  EXPECT_EQ(ToTarget(1), Target::kGpu);
  EXPECT_EQ(ToTarget(2), Target::kTpu);
  for (int number = 3; number < 256; ++number) {
    EXPECT_EQ(ToTarget(static_cast<std::uint8_t>(number)), std::nullopt) << number;
  }
}

TEST(WitCodes, ElementTypes) {
  EXPECT_EQ(ToElementType(0), ElementType::kF16);
  EXPECT_EQ(ToElementType(1), ElementType::kF32);
  EXPECT_EQ(ToElementType(2), ElementType::kF64);
  EXPECT_EQ(ToElementType(3), ElementType::kBf16);
  EXPECT_EQ(ToElementType(4), ElementType::kU8);
  EXPECT_EQ(ToElementType(5), ElementType::kI32);
  EXPECT_EQ(ToElementType(6), ElementType::kI64);
  for (int number = 7; number < 256; ++number) {
    EXPECT_EQ(ToElementType(static_cast<std::uint8_t>(number)), std::nullopt) << number;
  }
}

struct TypeRow {
  ElementType type;
  std::optional<std::uint8_t> number;
};

constexpr auto kTypes = std::to_array<TypeRow>({
    {ElementType::kF16, 0},
    {ElementType::kBf16, 3},
    {ElementType::kF32, 1},
    {ElementType::kF64, 2},
    {ElementType::kI8, std::nullopt},
    {ElementType::kI16, std::nullopt},
    {ElementType::kI32, 5},
    {ElementType::kI64, 6},
    {ElementType::kU8, 4},
    {ElementType::kU16, std::nullopt},
    {ElementType::kU32, std::nullopt},
    {ElementType::kU64, std::nullopt},
    {ElementType::kBool, std::nullopt},
});

TEST(WitCodes, EveryElementTypeHasItsNumberOrNone) {
  ASSERT_EQ(kTypes.size(), std::size_t{kElementTypeCount});
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    EXPECT_EQ(std::to_underlying(kTypes[i].type), i) << "the table lacks a type";
    EXPECT_EQ(ToNumber(kTypes[i].type), kTypes[i].number) << ElementTypeName(kTypes[i].type);
  }
}

}  // namespace
}  // namespace namesake::wasi_nn::wit
