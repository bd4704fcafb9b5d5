#include "graph/graph_def_check.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/onnx_bytes.h"

namespace namesake {
namespace {

using test::Field;
using namespace std::string_literals;

bool IsWhole(const std::string& content) {
  // In a block of its exact size, so that sanitizers find a read beyond the end.
  const std::vector<char> exact(content.begin(), content.end());
  return graph::IsWholeGraphDef(std::as_bytes(std::span(exact)));
}

std::string Node(const std::string& attr_value) {
  return Field(1, Field(1, "x") + Field(2, "Const") + Field(3, "y") + Field(4, "/cpu:0") +
                      Field(5, Field(1, "value") + Field(2, attr_value)));
}
std::string Tensor(const std::string& fields) { return Field(8, fields); }

TEST(IsWholeGraphDef, TakesAGraphWithANode) {
  EXPECT_TRUE(IsWhole(Node("")));
  EXPECT_TRUE(IsWhole(Node(Tensor("\x08\x01" + Field(4, "\xff\xfe bytes")))));
  EXPECT_TRUE(IsWhole("\x18\x15"s + Field(4, "\x08\x1b") + Node("") + Field(100, "later\xff")));
  EXPECT_FALSE(IsWhole(""));
  EXPECT_FALSE(IsWhole(Field(4, "\x08\x1b")));
  EXPECT_FALSE(IsWhole("\x08\x01"));
}

TEST(IsWholeGraphDef, TextIsUtf8) {
  EXPECT_TRUE(IsWhole(Field(1, Field(1, "\xc3\xa9"))));
  EXPECT_FALSE(IsWhole(Field(1, Field(1, "\xc3"))));
  EXPECT_FALSE(IsWhole(Field(1, Field(6, Field(1, "\xff")))));
  EXPECT_FALSE(IsWhole(Node(Field(9, "\xff"))));
  EXPECT_FALSE(IsWhole(Node("") + Field(2, Field(1, Field(1, Field(1, "\xff"))))));
  // String values may hold any bytes.
  EXPECT_TRUE(IsWhole(Node(Field(2, "\xff"))));
}

TEST(IsWholeGraphDef, PackedListsAreOfWholeNumbers) {
  EXPECT_TRUE(IsWhole(Node(Tensor(Field(7, "\x01\x80\x01")))));
  EXPECT_FALSE(IsWhole(Node(Tensor(Field(7, "\x01\x80")))));
  EXPECT_TRUE(IsWhole(Node(Tensor(Field(10, std::string(9, '\xff') + "\x01")))));
  EXPECT_FALSE(IsWhole(Node(Tensor(Field(10, std::string(10, '\xff') + "\x01")))));
  EXPECT_TRUE(IsWhole(Node(Tensor(Field(5, "12345678")))));
  EXPECT_FALSE(IsWhole(Node(Tensor(Field(5, "123456")))));
  EXPECT_FALSE(IsWhole(Node(Tensor(Field(6, "1234")))));
}

TEST(IsWholeGraphDef, IsCutOffNowhere) {
  const std::string whole = Node(Field(1, Field(7, Field(2, "\x08\x01" + Field(2, "n")))));
  ASSERT_TRUE(IsWhole(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(IsWhole(whole.substr(0, size))) << size;
  }
}

TEST(IsWholeGraphDef, NestsNoDeeperThanItsReaders) {
  std::string value = Field(2, "deep");
  // A function-valued attribute nests three messages deeper.
  for (int i = 0; i < 30; ++i) value = Field(10, Field(2, Field(2, value)));
  EXPECT_TRUE(IsWhole(Node(value)));
  for (int i = 0; i < 10; ++i) value = Field(10, Field(2, Field(2, value)));
  EXPECT_FALSE(IsWhole(Node(value)));
}

}  // namespace
}  // namespace namesake
