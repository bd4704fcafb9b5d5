#include "backend_openvino/description.h"

#include <gtest/gtest.h>

namespace namesake::openvino {
namespace {

Description Example() {
  TensorInfo plain{.name = "x",
                   .aliases = {"a", "b"},
                   .type = ElementType::kI64,
                   .shape = {{Dim::Fixed(2), Dim::Dynamic(), {.min = 1, .max = 8}}}};
  TensorInfo scalar{.name = "", .aliases = {}, .type = ElementType::kBool, .shape = {{}}};
  scalar.shape.emplace();
  TensorInfo any_rank{.name = "any", .aliases = {}, .type = ElementType::kF16, .shape = {}};
  return {.inputs = {plain, scalar}, .outputs = {any_rank}};
}

std::span<const std::byte> Bytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

TEST(Description, ComesBackAsItWas) {
  EXPECT_EQ(Decode(Bytes(Encode(Example()))), Example());
  EXPECT_EQ(Decode(Bytes(Encode({}))), Description());
}

TEST(Description, IsNotReadFromOtherBytes) {
  const std::string whole = Encode(Example());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(Decode(Bytes(whole).first(size)), std::nullopt) << size;
  }
  EXPECT_EQ(Decode(Bytes(whole + "x")), std::nullopt);
  EXPECT_EQ(Decode(Bytes(std::string(64, '\xff'))), std::nullopt);
  // Whichever byte is damaged, the reader stays within its input.
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = '\x7f';
    Decode(Bytes(damaged));
  }
}

}  // namespace
}  // namespace namesake::openvino
