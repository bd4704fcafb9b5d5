#include "namesake/tensor.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "support/matchers.h"

namespace namesake {
namespace {

using test::Fails;
using test::IsOk;

constexpr std::uint64_t kHuge = std::uint64_t{1} << 32;

Result<void> Check(const TensorInfo& info, ElementType type, std::vector<std::uint64_t> dims,
                   std::size_t bytes) {
  const std::vector<std::byte> data(bytes);
  return CheckTensor(info, {.type = type, .dims = dims, .data = data}, "input 0");
}

TensorInfo F32(std::optional<std::vector<Dim>> shape) {
  return {.name = "x", .aliases = {}, .type = ElementType::kF32, .shape = std::move(shape)};
}

const TensorInfo kFixed = F32({{Dim::Fixed(2), Dim::Fixed(3)}});

TEST(ElementType, EveryOneHasANameAndASize) {
  std::set<std::string_view> names;
  for (int i = 0; i < kElementTypeCount; ++i) {
    const auto type = static_cast<ElementType>(i);
    names.insert(ElementTypeName(type));
    EXPECT_GE(ElementTypeSize(type), 1U);
    EXPECT_LE(ElementTypeSize(type), 8U);
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kElementTypeCount));
  EXPECT_EQ(ElementTypeSize(ElementType::kBf16), 2U);
  EXPECT_EQ(ElementTypeSize(ElementType::kI64), 8U);
  EXPECT_EQ(ElementTypeName(ElementType::kBool), "bool");
}

TEST(ShapeText, ShowsWhatIsDynamic) {
  EXPECT_EQ(ShapeText(std::vector<std::uint64_t>{1, 3, 224}), "[1,3,224]");
  EXPECT_EQ(ShapeText(F32({{Dim::Dynamic(), Dim::Fixed(3), {.min = 1, .max = 8}, {.min = 2}}})),
            "[?,3,1..8,2..]");
  EXPECT_EQ(ShapeText(F32(std::vector<Dim>{})), "[]");
  EXPECT_EQ(ShapeText(F32(std::nullopt)), "[...]");
}

TEST(ByteSize, IsExactUpTo64Bits) {
  EXPECT_EQ(ByteSize(ElementType::kF32, std::vector<std::uint64_t>{2, 3}), 24U);
  EXPECT_EQ(ByteSize(ElementType::kF64, {}), 8U);
  EXPECT_EQ(ByteSize(ElementType::kU8, std::vector<std::uint64_t>{kHuge, kHuge - 1}),
            kHuge * (kHuge - 1));
  EXPECT_EQ(ByteSize(ElementType::kF32, std::vector<std::uint64_t>{0, 3}), 0U);
  EXPECT_EQ(ByteSizeAtLeastOne(ElementType::kF32, std::vector<std::uint64_t>{0, 3}), 12U);
  EXPECT_THAT(ByteSize(ElementType::kU8, std::vector<std::uint64_t>{kHuge, kHuge}),
              Fails(ErrorCode::kTooLarge,
                    "a tensor of shape [4294967296,4294967296] has more than 2^64 bytes"));
}

TEST(CheckTensor, AcceptsWhatTheGraphDeclares) {
  EXPECT_THAT(Check(kFixed, ElementType::kF32, {2, 3}, 24), IsOk());
  EXPECT_THAT(Check(F32({{Dim::Dynamic(), Dim::Fixed(3)}}), ElementType::kF32, {7, 3}, 84), IsOk());
  EXPECT_THAT(Check(F32({{{.min = 2, .max = 4}}}), ElementType::kF32, {4}, 16), IsOk());
  EXPECT_THAT(Check(F32(std::nullopt), ElementType::kF32, {1, 1, 1}, 4), IsOk());
}

TEST(CheckTensor, AScalarHasNoDimensionsOrOne) {
  const TensorInfo scalar = F32(std::vector<Dim>{});
  EXPECT_THAT(Check(scalar, ElementType::kF32, {}, 4), IsOk());
  EXPECT_THAT(Check(scalar, ElementType::kF32, {1}, 4), IsOk());
  EXPECT_THAT(Check(scalar, ElementType::kF32, {1, 1}, 4),
              Fails(ErrorCode::kInvalidArgument, "input 0 expects f32 [], got [1,1]"));
  EXPECT_THAT(Check(scalar, ElementType::kF32, {2}, 8),
              Fails(ErrorCode::kInvalidArgument, "input 0 expects f32 [], got [2]"));
}

TEST(CheckTensor, NamesWhatWasExpectedAndWhatCame) {
  EXPECT_THAT(Check(kFixed, ElementType::kI32, {2, 3}, 24),
              Fails(ErrorCode::kInvalidArgument, "input 0 expects f32 [2,3], got i32 [2,3]"));
  EXPECT_THAT(Check(kFixed, ElementType::kF32, {6}, 24),
              Fails(ErrorCode::kInvalidArgument, "input 0 expects f32 [2,3], got [6]"));
  EXPECT_THAT(Check(kFixed, ElementType::kF32, {3, 2}, 24),
              Fails(ErrorCode::kInvalidArgument, "input 0 expects f32 [2,3], got [3,2]"));
  EXPECT_THAT(
      Check(kFixed, ElementType::kF32, {2, 3}, 23),
      Fails(ErrorCode::kInvalidArgument, "input 0 expects f32 [2,3], got 23 bytes for [2,3]"));
  EXPECT_THAT(
      Check(kFixed, ElementType::kF32, {2, 3}, 25),
      Fails(ErrorCode::kInvalidArgument, "input 0 expects f32 [2,3], got 25 bytes for [2,3]"));
}

TEST(CheckTensor, AnExtentOfZeroIsAsGoodAsAnyOtherWithinTheBounds) {
  const auto may_be_empty = [](TensorInfo info) {
    info.may_be_empty = true;
    return info;
  };
  const TensorInfo dynamic = may_be_empty(F32({{Dim::Dynamic(), Dim::Fixed(3)}}));
  EXPECT_THAT(Check(dynamic, ElementType::kF32, {0, 3}, 0), IsOk());
  EXPECT_THAT(Check(may_be_empty(F32(std::nullopt)), ElementType::kF32, {2, 0, 0}, 0), IsOk());
  EXPECT_THAT(Check(may_be_empty(F32({{Dim::Fixed(0)}})), ElementType::kF32, {0}, 0), IsOk());
  EXPECT_THAT(Check(F32({{Dim::Dynamic(), Dim::Fixed(3)}}), ElementType::kF32, {0, 3}, 0),
              Fails(ErrorCode::kInvalidArgument,
                    "input 0 expects f32 [?,3], got [0,3], which has no elements"));
  EXPECT_THAT(
      Check(dynamic, ElementType::kF32, {0, 3}, 4),
      Fails(ErrorCode::kInvalidArgument, "input 0 expects f32 [?,3], got 4 bytes for [0,3]"));
  EXPECT_THAT(Check(dynamic, ElementType::kF32, {1, 0}, 0),
              Fails(ErrorCode::kInvalidArgument, "input 0 expects f32 [?,3], got [1,0]"));
  EXPECT_THAT(Check(may_be_empty(F32({{{.min = 1, .max = 4}}})), ElementType::kF32, {0}, 0),
              Fails(ErrorCode::kInvalidArgument, "input 0 expects f32 [1..4], got [0]"));
}

TEST(CheckTensor, TheBytesOfABoolAreZeroOrOne) {
  const TensorInfo flags{.type = ElementType::kBool, .shape = {{Dim::Fixed(3)}}};
  const auto check = [&](std::vector<unsigned char> values) {
    const std::vector<std::uint64_t> dims = {3};
    return CheckTensor(
        flags, {.type = ElementType::kBool, .dims = dims, .data = std::as_bytes(std::span(values))},
        "input 0");
  };
  EXPECT_THAT(check({0, 1, 1}), IsOk());
  EXPECT_THAT(check({0, 1, 2}),
              Fails(ErrorCode::kInvalidArgument,
                    "input 0 has type bool, whose bytes must be 0 or 1; byte 2 is 2"));
}

TEST(CheckTensor, RefusesOverflowingShapes) {
  const TensorInfo dynamic = F32({{Dim::Dynamic(), Dim::Dynamic()}});
  // A zero extent does not exempt the other extents from their bounds.
  TensorInfo three = F32({{Dim::Dynamic(), Dim::Dynamic(), Dim::Dynamic()}});
  three.may_be_empty = true;
  EXPECT_THAT(Check(three, ElementType::kF32, {kHuge, kHuge, 0}, 0),
              Fails(ErrorCode::kInvalidArgument,
                    "input 0 expects f32 [?,?,?], got 0 bytes for [4294967296,4294967296,0]"));
  // The product is 2^66 bytes, which wraps to 0 in 64 bits.
  EXPECT_THAT(Check(dynamic, ElementType::kF32, {kHuge, kHuge}, 0),
              Fails(ErrorCode::kInvalidArgument,
                    "input 0 expects f32 [?,?], got 0 bytes for [4294967296,4294967296]"));
  EXPECT_THAT(Check(F32({{{.min = 2, .max = 4}}}), ElementType::kF32, {5}, 20),
              Fails(ErrorCode::kInvalidArgument, "input 0 expects f32 [2..4], got [5]"));
  EXPECT_THAT(Check(F32({{{.min = 2, .max = 4}}}), ElementType::kF32, {1}, 4),
              Fails(ErrorCode::kInvalidArgument, "input 0 expects f32 [2..4], got [1]"));
}

}  // namespace
}  // namespace namesake
