#include "namesake/model.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "support/matchers.h"

namespace namesake {
namespace {

using test::Fails;
using test::IsOk;

TEST(ModelName, IsOneTo255BytesOfText) {
  for (const std::string& name :
       {std::string("a"), std::string(255, 'x'), std::string("models/photo v2: größe 😀"),
        std::string("../../etc/passwd")}) {
    const auto parsed = ModelName::Parse(name);
    ASSERT_THAT(parsed, IsOk());
    EXPECT_EQ(parsed->text(), name);
  }
}

TEST(ModelName, SaysWhyAnotherIsNone) {
  EXPECT_THAT(ModelName::Parse(""), Fails(ErrorCode::kInvalidArgument, "a model's name is empty"));
  EXPECT_THAT(
      ModelName::Parse(std::string(256, 'x')),
      Fails(ErrorCode::kInvalidArgument, "a model's name has 256 bytes; at most 255 are allowed"));
  EXPECT_THAT(ModelName::Parse("a\xff"),
              Fails(ErrorCode::kInvalidArgument, "the model name \"a\\xff\" is not UTF-8"));
  EXPECT_THAT(
      ModelName::Parse("a\nb"),
      Fails(ErrorCode::kInvalidArgument, "the model name \"a\\x0ab\" has a control character"));
  EXPECT_THAT(
      ModelName::Parse(std::string_view("a\0b", 3)),
      Fails(ErrorCode::kInvalidArgument, "the model name \"a\\x00b\" has a control character"));
}

TEST(Encoding, ReadsInAnyCaseAndWritesLower) {
  for (int i = 0; i < kEncodingCount; ++i) {
    const auto encoding = static_cast<Encoding>(i);
    EXPECT_EQ(ParseEncoding(EncodingName(encoding)), encoding);
  }
  EXPECT_EQ(ParseEncoding("OpenVINO"), Encoding::kOpenVino);
  EXPECT_EQ(ParseEncoding("TensorflowLite"), Encoding::kTensorFlowLite);
  EXPECT_EQ(ParseEncoding("onnx "), std::nullopt);
  EXPECT_EQ(ParseEncoding(""), std::nullopt);
}

TEST(Target, ReadsInAnyCaseAndWritesLower) {
  for (int i = 0; i < kTargetCount; ++i) {
    const auto target = static_cast<Target>(i);
    EXPECT_EQ(ParseTarget(TargetName(target)), target);
  }
  EXPECT_EQ(ParseTarget("AUTO"), Target::kAuto);
  EXPECT_EQ(ParseTarget("npu"), std::nullopt);
}

TEST(SourceText, NamesThePathOrTheSize) {
  EXPECT_EQ(SourceText({.source = ModelFiles{{"a.xml", "a.bin"}}, .options = {}}), "a.xml");
  const auto part = std::make_shared<const std::vector<std::byte>>(1024);
  EXPECT_EQ(SourceText({.source = ModelBytes{{part, part}}, .options = {}}),
            "a model of 2.0 KiB in memory");
}

}  // namespace
}  // namespace namesake
