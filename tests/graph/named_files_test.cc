// Which files a model may name. The rules are the same for every encoding and source.
#include "graph/named_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "support/onnx_bytes.h"

namespace namesake::graph {
namespace {

using test::Field;
using test::OnnxWith;
using testing::ElementsAre;

std::optional<NamedFiles> Named(const std::string& content, Encoding encoding,
                                GivenAs given = GivenAs::kFiles) {
  return FilesNamedBy(std::as_bytes(std::span(content)), encoding, given);
}

std::vector<std::string> Names(const std::optional<NamedFiles>& named) {
  std::vector<std::string> names;
  for (const NamedFile& file : named->files) names.push_back(file.name);
  return names;
}

TEST(PlaceOf, ANameIsToldByItsSpelling) {
  const auto place = [](const std::string& name) { return PlaceOf(name, GivenAs::kFiles); };
  for (const char* beneath : {"w", "a/w", "./w", "a/./w", "..w", "w..", ".w", "*/w"}) {
    EXPECT_EQ(place(beneath), NamedPlace::kBeneath) << beneath;
  }
  for (const char* outside : {"/w", "../w", "a/../../w", "a/..", "..", "//w"}) {
    EXPECT_EQ(place(outside), NamedPlace::kOutside) << outside;
  }
  EXPECT_EQ(place("*/_ORT_MEM_ADDR_/*"), NamedPlace::kMemory);
  EXPECT_EQ(place("a/_ORT_MEM_ADDR_"), NamedPlace::kMemory);
  for (const std::string& nothing : {std::string(), std::string("w\0x", 3), std::string("\xff")}) {
    EXPECT_EQ(place(nothing), NamedPlace::kNoName);
  }
}

TEST(PlaceOf, AModelGivenAsBytesMayNameNothing) {
  for (const char* name : {"w", "a/w", "/w", "../w", "*/_ORT_MEM_ADDR_/*", ""}) {
    EXPECT_EQ(PlaceOf(name, GivenAs::kBytes), NamedPlace::kNoFolder) << name;
  }
}

TEST(FilesNamedBy, EachFileIsNamedOnceAndJudged) {
  const auto named = Named(OnnxWith({"w", "../v", "w"}), Encoding::kOnnx);
  ASSERT_TRUE(named.has_value());
  EXPECT_THAT(Names(named), ElementsAre("../v", "w"));
  EXPECT_EQ(named->files[0].place, NamedPlace::kOutside);
  EXPECT_EQ(named->files[1].place, NamedPlace::kBeneath);
  EXPECT_FALSE(named->files[0].is_allowed());
  EXPECT_TRUE(named->files[1].is_allowed());
  const auto bytes = Named(OnnxWith({"w"}), Encoding::kOnnx, GivenAs::kBytes);
  ASSERT_TRUE(bytes.has_value());
  EXPECT_EQ(bytes->files[0].place, NamedPlace::kNoFolder);
  EXPECT_FALSE(bytes->files[0].is_allowed());
}

TEST(FilesNamedBy, WhatIsNeededOfAFileIsTold) {
  const auto entry = [](const std::string& key, const std::string& value) {
    return Field(13, Field(1, key) + Field(2, value));
  };
  const std::string tensor = entry("location", "w") + entry("offset", "-4");
  const auto named = Named(Field(7, Field(5, tensor)), Encoding::kOnnx);
  ASSERT_TRUE(named.has_value());
  EXPECT_EQ(named->files[0].needed_bytes, ~std::uint64_t{0});
  EXPECT_TRUE(named->misplaced.contains("-4")) << named->misplaced;
}

TEST(FilesNamedBy, ContentOfOtherEncodingsNamesNothing) {
  for (int i = 0; i < kEncodingCount; ++i) {
    const auto encoding = static_cast<Encoding>(i);
    const auto named = Named(OnnxWith({"w"}), encoding);
    ASSERT_TRUE(named.has_value());
    const bool reads = encoding == Encoding::kOnnx || encoding == Encoding::kAutodetect;
    EXPECT_EQ(named->files.size(), reads ? 1 : 0) << EncodingName(encoding);
  }
}

TEST(FilesNamedBy, DamageIsTheGivenEncodingsAlone) {
  EXPECT_FALSE(Named("<net>", Encoding::kOnnx).has_value());
  ASSERT_TRUE(Named("<net>", Encoding::kAutodetect).has_value());
  EXPECT_TRUE(Named("<net>", Encoding::kAutodetect)->files.empty());
}

}  // namespace
}  // namespace namesake::graph
