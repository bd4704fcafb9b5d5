#include "graph/tflite_signatures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace namesake {
namespace {

using graph::TfliteNames;
using testing::ElementsAre;
using testing::IsEmpty;

std::string TwoSignatures() {
  std::ifstream file(NAMESAKE_SOURCE_DIR "/tests/data/models/two_signatures.tflite",
                     std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Each signature as "key 0".
std::vector<std::string> Read(const std::string& model) {
  // In a block of its exact size, so that sanitizers find a read beyond the end.
  const std::vector<char> exact(model.begin(), model.end());
  const auto bytes = std::as_bytes(std::span(exact));
  std::vector<std::string> signatures;
  for (const auto& signature : graph::ReadTfliteSignatures(bytes)) {
    const auto names = graph::ReadTfliteNames(bytes, signatures.size());
    EXPECT_LE(names.inputs.size(), graph::kMaxTfliteTensors);
    EXPECT_LE(names.outputs.size(), graph::kMaxTfliteTensors);
    EXPECT_LE(graph::FindTfliteTensor(bytes, 18).size(), graph::kMaxTfliteKeyBytes);
    const auto other = graph::WithFirstSubgraph(bytes, signature.subgraph);
    EXPECT_TRUE(!other || other->size() == bytes.size());
    signatures.push_back(signature.key + " " + std::to_string(signature.subgraph));
  }
  return signatures;
}

TEST(ReadTfliteSignatures, GivesEachWithItsSubgraph) {
  EXPECT_THAT(Read(TwoSignatures()), ElementsAre("encode 0", "decode 1"));
}

TfliteNames NamesIn(const std::string& model, std::size_t signature) {
  const std::vector<char> exact(model.begin(), model.end());
  return graph::ReadTfliteNames(std::as_bytes(std::span(exact)), signature);
}

TEST(ReadTfliteNames, GivesThoseOfTheSubgraphsTensors) {
  EXPECT_THAT(NamesIn(TwoSignatures(), 0).inputs, ElementsAre("audio"));
  EXPECT_THAT(NamesIn(TwoSignatures(), 0).outputs, ElementsAre("embedding"));
  EXPECT_THAT(NamesIn(TwoSignatures(), 1).inputs, ElementsAre("embedding"));
  EXPECT_THAT(NamesIn(TwoSignatures(), 1).outputs, ElementsAre("text"));
  EXPECT_THAT(NamesIn(TwoSignatures(), 2).inputs, IsEmpty());
}

TEST(FindTfliteTensor, GivesTheFirstOfTheType) {
  const std::string model = TwoSignatures();
  const auto bytes = std::as_bytes(std::span(model));
  EXPECT_EQ(graph::FindTfliteTensor(bytes, 0), "enc_x");
  EXPECT_EQ(graph::FindTfliteTensor(bytes, 18), "");
  std::ifstream file(NAMESAKE_SOURCE_DIR "/tests/data/suite/same_bf16.tflite", std::ios::binary);
  const std::string other{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(graph::FindTfliteTensor(std::as_bytes(std::span(other)), 18), "x");
  EXPECT_EQ(graph::FindTfliteTensor(std::as_bytes(std::span(other)), 2), "y_shape");
}

// Other subgraphs, whose numbers operations name, stay where they are.
TEST(WithFirstSubgraph, ChangesOneOffset) {
  const std::string model = TwoSignatures();
  const auto bytes = std::as_bytes(std::span(model));
  const auto same = graph::WithFirstSubgraph(bytes, 0);
  ASSERT_TRUE(same.has_value());
  EXPECT_TRUE(std::ranges::equal(*same, bytes));
  const auto other = graph::WithFirstSubgraph(bytes, 1);
  ASSERT_TRUE(other.has_value());
  ASSERT_EQ(other->size(), bytes.size());
  const auto change = std::ranges::mismatch(*other, bytes);
  const auto begin = static_cast<std::size_t>(change.in1 - other->begin()) & ~std::size_t{3};
  EXPECT_TRUE(std::ranges::equal(std::span(*other).subspan(begin + 4), bytes.subspan(begin + 4)));
  EXPECT_THAT(NamesIn({reinterpret_cast<const char*>(other->data()), other->size()}, 1).outputs,
              ElementsAre("text"));
  EXPECT_FALSE(graph::WithFirstSubgraph(bytes, 2).has_value());
  EXPECT_FALSE(graph::WithFirstSubgraph({}, 0).has_value());
}

TEST(ReadTfliteSignatures, ReadsNothingBeyondTheModel) {
  const std::string model = TwoSignatures();
  for (std::size_t size = 0; size < model.size(); ++size) Read(model.substr(0, size));
  EXPECT_THAT(Read(""), IsEmpty());
  EXPECT_THAT(Read(std::string(64, '\xff')), IsEmpty());
  // Every offset far out of range, at the end, and pointing back.
  for (std::size_t at = 0; at + 4 <= model.size(); at += 2) {
    for (const char* offset : {"\xff\xff\xff\xff", "\xff\xff\xff\x7f", "\x01\x00\x00\x80",
                               "\x90\x03\x00\x00", "\x00\x00\x00\x00"}) {
      std::string damaged = model;
      damaged.replace(at, 4, offset, 4);
      EXPECT_LE(Read(damaged).size(), graph::kMaxTfliteSignatures);
    }
  }
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    std::string damaged = model;
    for (int j = 0; j < 4; ++j) damaged[random() % damaged.size()] = static_cast<char>(random());
    EXPECT_LE(Read(damaged).size(), graph::kMaxTfliteSignatures);
  }
}

}  // namespace
}  // namespace namesake
