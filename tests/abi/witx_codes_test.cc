// Maps every number of the witx ABI in both directions.
#include "wasi_nn/witx_codes.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <utility>

namespace namesake::wasi_nn::witx {
namespace {

struct CodeRow {
  ErrorCode code;
  std::uint32_t number;
};

// The specification's numbers, written out: 0 success, 1 invalid_argument, 2 invalid_encoding,
// 3 missing_memory, 4 busy, 5 runtime_error, 6 unsupported_operation, 7 too_large, 8 not_found.
constexpr auto kCodes = std::to_array<CodeRow>({
    {ErrorCode::kInvalidArgument, 1},
    {ErrorCode::kInvalidEncoding, 2},
    {ErrorCode::kMissingMemory, 3},
    {ErrorCode::kBusy, 4},
    {ErrorCode::kRuntimeError, 5},
    {ErrorCode::kUnsupported, 6},
    {ErrorCode::kTooLarge, 7},
    {ErrorCode::kNotFound, 8},
    {ErrorCode::kTimeout, 5},
    {ErrorCode::kSecurity, 6},
    {ErrorCode::kInternal, 5},
    {ErrorCode::kResourceExhausted, 7},
});

TEST(WitxCodes, EveryErrorHasItsNumber) {
  ASSERT_EQ(kCodes.size(), std::size_t{kErrorCodeCount});
  for (std::size_t i = 0; i < kCodes.size(); ++i) {
    EXPECT_EQ(std::to_underlying(kCodes[i].code), i) << "the table lacks a code";
    EXPECT_EQ(std::to_underlying(ToErrno(kCodes[i].code)), kCodes[i].number)
        << ErrorCodeName(kCodes[i].code);
  }
}

TEST(WitxCodes, NoErrorIsSuccess) {
  EXPECT_EQ(std::to_underlying(Errno::kSuccess), 0U);
  for (const CodeRow& row : kCodes) EXPECT_NE(ToErrno(row.code), Errno::kSuccess);
}

// Numbers beyond the last valid one, including those that a cast to a narrower type would make
// valid.
constexpr std::initializer_list<std::uint32_t> kNoNumbers = {
    6, 7, 8, 9, 0xFF, 0x100, 0x101, 0x10000, 0x7FFFFFFF, 0x80000000U, 0x80000001U, 0xFFFFFFFFU};

TEST(WitxCodes, Encodings) {
  EXPECT_EQ(ToEncoding(0), Encoding::kOpenVino);
  EXPECT_EQ(ToEncoding(1), Encoding::kOnnx);
  EXPECT_EQ(ToEncoding(2), Encoding::kTensorFlow);
  EXPECT_EQ(ToEncoding(3), Encoding::kPyTorch);
  EXPECT_EQ(ToEncoding(4), Encoding::kTensorFlowLite);
  EXPECT_EQ(ToEncoding(5), Encoding::kAutodetect);
  for (const std::uint32_t number : kNoNumbers)
    EXPECT_EQ(ToEncoding(number), std::nullopt) << number;
}

TEST(WitxCodes, Targets) {
  EXPECT_EQ(ToTarget(0), Target::kCpu);
  EXPECT_EQ(ToTarget(1), Target::kGpu);
  EXPECT_EQ(ToTarget(2), Target::kTpu);
  EXPECT_EQ(ToTarget(3), Target::kAuto);
  EXPECT_EQ(ToTarget(4), std::nullopt);
  EXPECT_EQ(ToTarget(5), std::nullopt);
  for (const std::uint32_t number : kNoNumbers) EXPECT_EQ(ToTarget(number), std::nullopt) << number;
}

TEST(WitxCodes, ElementTypes) {
  EXPECT_EQ(ToElementType(0), ElementType::kF16);
  EXPECT_EQ(ToElementType(1), ElementType::kF32);
  EXPECT_EQ(ToElementType(2), ElementType::kF64);
  EXPECT_EQ(ToElementType(3), ElementType::kU8);
  EXPECT_EQ(ToElementType(4), ElementType::kI32);
  EXPECT_EQ(ToElementType(5), ElementType::kI64);
  for (int number = 6; number < 256; ++number) {
    EXPECT_EQ(ToElementType(static_cast<std::uint8_t>(number)), std::nullopt) << number;
  }
}

}  // namespace
}  // namespace namesake::wasi_nn::witx
