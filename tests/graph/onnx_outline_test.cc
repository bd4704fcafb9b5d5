#include "graph/onnx_outline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/onnx_bytes.h"

namespace namesake {
namespace {

using test::Field;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::string_literals;

graph::OnnxOutline Outline(const std::string& content) {
  // In a block of its exact size, so that sanitizers find a read beyond the end.
  const std::vector<char> exact(content.begin(), content.end());
  return graph::OutlineOnnx(std::as_bytes(std::span(exact)));
}

std::string Value(const std::string& name, const std::string& type) {
  return Field(1, name) + Field(2, type);
}
const std::string kFloats = Field(1, "\x08\x01");
const std::string kStrings = Field(1, "\x08\x08");

TEST(OutlineOnnx, NamesInputsAndOutputsThatAreNoTensorsOfNumbers) {
  const std::string map = Field(5, "\x08\x07"s + Field(2, kFloats));
  const auto outline = Outline(
      Field(7, Field(11, Value("x", kFloats)) + Field(11, Value("words", kStrings)) +
                   Field(11, Value("o", Field(9, Field(1, kFloats)))) +
                   Field(12, Value("p", Field(4, Field(1, map)))) + Field(12, Value("m", map)) +
                   Field(12, Value("s", Field(4, Field(1, kFloats)))) +
                   Field(12, Value("z", Field(8, "\x08\x01"))) +
                   Field(12, Value("c", Field(1, "\x08\x0e")))));
  std::vector<std::string> ports;
  for (const auto& port : outline.ports) {
    ports.push_back(std::string(port.direction) + " " + port.name + ": " + std::string(port.kind));
  }
  EXPECT_THAT(ports,
              ElementsAre("input words: a tensor of strings", "input o: an optional value",
                          "output p: a sequence of maps", "output m: a map", "output s: a sequence",
                          "output z: a sparse tensor", "output c: a tensor of complex numbers"));
  EXPECT_THAT(outline.functions, IsEmpty());
}

TEST(OutlineOnnx, NamesTensorsWithoutAShape) {
  const std::string scalar = Field(1, "\x08\x01"s + Field(2, ""));
  const auto outline =
      Outline(Field(7, Field(11, Value("x", kFloats)) + Field(11, Value("scalar", scalar)) +
                           Field(12, Value("y", kFloats)) + Field(12, Value("words", kStrings))));
  EXPECT_THAT(outline.unranked, ElementsAre("x", "y"));
}

TEST(OutlineOnnx, RefusesAPortWithTheRemedy) {
  const auto refusal = [](std::string_view kind) {
    return graph::UnusablePort("the model", {.direction = "output", .kind = kind, .name = "p\n"})
        .message();
  };
  EXPECT_EQ(
      refusal("a map"),
      "the model: its output \"p\\x0a\" is a map, which no guest can give or take; export the "
      "model with numeric tensors only");
  EXPECT_THAT(refusal("a sequence of maps"),
              testing::EndsWith("; convert the model without it, in skl2onnx by "
                                "options={\"zipmap\": False}"));
}

std::string Node(const std::string& type, const std::string& domain = "",
                 const std::string& attribute = "") {
  return Field(4, type) + (domain.empty() ? "" : Field(7, domain)) +
         (attribute.empty() ? "" : Field(5, attribute));
}

TEST(OutlineOnnx, NamesEachOperationOnce) {
  const std::string inner = Field(1, Node("GRU")) + Field(1, Node("Add"));
  const auto outline =
      Outline(Field(7, Field(1, Node("Add")) + Field(1, Node("Gelu", "com.microsoft")) +
                           Field(1, Node("Relu", "ai.onnx")) +
                           Field(1, Node("If", "", Field(6, inner) + Field(11, inner)))) +
              Field(25, Field(1, "Own") + Field(7, Node("LSTM"))));
  EXPECT_THAT(outline.operations,
              ElementsAre("Add", "GRU", "If", "LSTM", "Relu", "com.microsoft.Gelu"));
  EXPECT_FALSE(outline.is_cut_off);
}

TEST(OutlineOnnx, SaysThatItLeftOutOperations) {
  std::string deep = Field(1, Node("Add"));
  for (int i = 0; i < 100; ++i) deep = Field(1, Node("If", "", Field(6, deep)));
  EXPECT_TRUE(Outline(Field(7, deep)).is_cut_off);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += Field(1, Node("Op" + std::to_string(i)));
  const auto outline = Outline(Field(7, many));
  EXPECT_TRUE(outline.is_cut_off);
  EXPECT_EQ(outline.operations.size(), 512U);
}

TEST(OutlineOnnx, NamesFunctionsAsNodesDo) {
  EXPECT_THAT(Outline(Field(25, Field(1, "Double") + Field(10, "pkg.local")) +
                      Field(25, Field(10, "pkg.local")) + Field(25, Field(1, "Plain")))
                  .functions,
              ElementsAre("pkg.local.Double", "Plain"));
}

TEST(OutlineOnnx, IsBoundedAndTakesAnyBytes) {
  std::string many;
  for (int i = 0; i < 5000; ++i) {
    many += Field(25, Field(1, "F")) + Field(7, Field(11, Value("x", kStrings)));
  }
  EXPECT_EQ(Outline(many).functions.size(), graph::kMaxOnnxOutlined);
  EXPECT_EQ(Outline(many).ports.size(), graph::kMaxOnnxOutlined);
  const std::string whole =
      Field(25, Field(1, "F")) + Field(7, Field(12, Value("p", Field(4, Field(1, kStrings)))));
  for (std::size_t size = 0; size < whole.size(); ++size) Outline(whole.substr(0, size));
  EXPECT_THAT(Outline(std::string(100, '\xff')).ports, IsEmpty());
}

}  // namespace
}  // namespace namesake
