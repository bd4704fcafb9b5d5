#include "graph/tflite_signatures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace namesake {
namespace {

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
  std::vector<std::string> signatures;
  for (const auto& signature : graph::ReadTfliteSignatures(std::as_bytes(std::span(exact)))) {
    signatures.push_back(signature.key + " " + std::to_string(signature.subgraph));
  }
  return signatures;
}

TEST(ReadTfliteSignatures, GivesEachWithItsSubgraph) {
  EXPECT_THAT(Read(TwoSignatures()), ElementsAre("encode 0", "decode 1"));
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
