#include "engine/guest_memory.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "support/matchers.h"

namespace namesake {
namespace {

using test::Fails;
using test::IsOk;

constexpr std::uint64_t kMaxU32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kMaxU64 = std::numeric_limits<std::uint64_t>::max();

class GuestMemoryTest : public ::testing::Test {
 protected:
  std::array<std::byte, 16> bytes_{};
  const engine::GuestMemory memory_{bytes_};
};

TEST_F(GuestMemoryTest, ARangeWithinTheMemoryIsTheSpanOfIt) {
  const auto range = memory_.Write(3, 5);
  ASSERT_THAT(range, IsOk());
  EXPECT_EQ(range->data(), bytes_.data() + 3);
  EXPECT_EQ(range->size(), 5U);
  const auto all = memory_.Read(0, 16);
  ASSERT_THAT(all, IsOk());
  EXPECT_EQ(all->data(), bytes_.data());
  EXPECT_EQ(all->size(), 16U);
}

TEST_F(GuestMemoryTest, AnEmptyRangeMayLieAtTheEndAndNotBeyond) {
  EXPECT_THAT(memory_.Read(0, 0), IsOk());
  EXPECT_THAT(memory_.Read(16, 0), IsOk());
  EXPECT_FALSE(memory_.Read(17, 0));
  EXPECT_FALSE(memory_.Read(std::numeric_limits<std::uint32_t>::max(), 0));
}

TEST_F(GuestMemoryTest, EveryRangeIsAcceptedJustWhenItIsWithin) {
  for (std::uint32_t pointer = 0; pointer <= 20; ++pointer) {
    for (std::uint64_t length = 0; length <= 20; ++length) {
      const bool within = pointer + length <= bytes_.size();
      EXPECT_EQ(memory_.Read(pointer, length).has_value(), within) << pointer << " " << length;
      EXPECT_EQ(memory_.Write(pointer, length).has_value(), within) << pointer << " " << length;
    }
  }
}

TEST_F(GuestMemoryTest, SumsThatWrapRoundAreBeyond) {
  for (const std::uint64_t length : {kMaxU32 - 15, kMaxU32, kMaxU32 + 1, kMaxU32 + 2, kMaxU32 * 4,
                                     kMaxU64 - 15, kMaxU64 - 1, kMaxU64}) {
    for (const std::uint32_t pointer : {0U, 1U, 15U, 16U, 0xFFFFFFF0U, 0xFFFFFFFFU}) {
      EXPECT_FALSE(memory_.Read(pointer, length)) << pointer << " " << length;
      EXPECT_FALSE(memory_.Write(pointer, length)) << pointer << " " << length;
    }
  }
}

TEST_F(GuestMemoryTest, SaysWhichRangeIsBeyondWhichMemory) {
  EXPECT_THAT(memory_.Read(12, 5), Fails(ErrorCode::kInvalidArgument,
                                         "5 bytes at 0xc are outside the guest's memory of 16 "
                                         "bytes"));
}

TEST_F(GuestMemoryTest, NumbersAreLittleEndianAtAnyAddress) {
  for (std::uint32_t pointer = 0; pointer <= 12; ++pointer) {
    bytes_ = {};
    ASSERT_THAT(memory_.WriteU32(pointer, 0x01020304), IsOk());
    EXPECT_EQ(bytes_[pointer], std::byte{4});
    EXPECT_EQ(bytes_[pointer + 3], std::byte{1});
    EXPECT_EQ(memory_.ReadU32(pointer), 0x01020304U);
    EXPECT_EQ(engine::LoadU32(bytes_.data() + pointer), 0x01020304U);
  }
}

TEST_F(GuestMemoryTest, ANumberAcrossTheEndIsNeitherReadNorWritten) {
  for (const std::uint32_t pointer : {13U, 14U, 15U, 16U, 0xFFFFFFFCU, 0xFFFFFFFFU}) {
    EXPECT_FALSE(memory_.ReadU32(pointer)) << pointer;
    EXPECT_FALSE(memory_.WriteU32(pointer, 0xFFFFFFFFU)) << pointer;
  }
  for (const std::byte byte : bytes_) EXPECT_EQ(byte, std::byte{0});
}

TEST(GuestMemory, AnEmptyMemoryHasOnlyTheEmptyRange) {
  const engine::GuestMemory memory{std::span<std::byte>()};
  EXPECT_THAT(memory.Read(0, 0), IsOk());
  EXPECT_FALSE(memory.Read(0, 1));
  EXPECT_FALSE(memory.Read(1, 0));
  EXPECT_FALSE(memory.ReadU32(0));
}

}  // namespace
}  // namespace namesake
