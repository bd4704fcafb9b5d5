// Every element type goes in and out bit for bit, in every encoding.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/suite.h"

namespace namesake::backends {
namespace {

class Types : public Suite {
 protected:
  void ExpectKept(const Model& model, ElementType type) const;
};

template <typename T>
std::vector<std::byte> BytesOf(const std::array<T, 6>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

// 0 to 5, for bool 0 and 1.
std::vector<std::byte> SixValues(ElementType type) {
  switch (type) {
    case ElementType::kF16:
      return BytesOf<std::uint16_t>({0, 0x3C00, 0x4000, 0x4200, 0x4400, 0x4500});
    case ElementType::kBf16:
      return BytesOf<std::uint16_t>({0, 0x3F80, 0x4000, 0x4040, 0x4080, 0x40A0});
    case ElementType::kF32:
      return BytesOf<float>({0, 1, 2, 3, 4, 5});
    case ElementType::kF64:
      return BytesOf<double>({0, 1, 2, 3, 4, 5});
    default:
      break;
  }
  std::vector<std::byte> bytes(6 * ElementTypeSize(type));
  for (std::size_t i = 0; i < 6; ++i) {
    bytes[i * ElementTypeSize(type)] =
        static_cast<std::byte>(type == ElementType::kBool ? i % 2 : i);
  }
  return bytes;
}

void Types::ExpectKept(const Model& model, ElementType type) const {
  const auto graph = Load(model);
  ASSERT_THAT(graph, IsOk());
  ASSERT_EQ((*graph)->inputs().at(0).type, type);
  ASSERT_EQ((*graph)->outputs().at(0).type, type);
  const auto context = NewContext(**graph);
  const auto bytes = SixValues(type);
  const Dims dims = {2, 1, 3};
  ASSERT_THAT(context->SetInput(0, {.type = type, .dims = dims, .data = bytes}), IsOk());
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  EXPECT_EQ(Output<std::byte>(*context, 0), bytes);
}

// A type that the backend computes and its reader does not know, and the error for it.
std::string_view Unread(const Subject& subject, ElementType type) {
  if (subject.name == "openvino" && subject.encoding == Encoding::kTensorFlowLite &&
      type == ElementType::kBf16) {
    return "the model: its tensor \"x\" has the type BFLOAT16, which OpenVINO does not read from "
           "TensorFlow Lite models; convert the model with another type for it";
  }
  return "";
}

TEST_P(Types, KeepTheirValues) {
  for (const ElementType type : AllElementTypes()) {
    const auto models = SameBytes(subject(), type);
    ASSERT_FALSE(models.empty());
    const std::string unread(Unread(subject(), type));
    for (const Model& model : models) {
      SCOPED_TRACE(SourceText(model));
      if (!unread.empty()) {
        EXPECT_THAT(Load(model), Fails(ErrorCode::kUnsupported, unread));
        continue;
      }
      if (!backend().capabilities().Has(type)) {
        EXPECT_FALSE(Load(model));
        continue;
      }
      ExpectKept(model, type);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Types, testing::Range<std::size_t>(0, Subjects().size()), NameOf);

}  // namespace
}  // namespace namesake::backends
