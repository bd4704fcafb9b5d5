#include "graph/signature_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/file.h"
#include "support/matchers.h"
#include "support/temp_dir.h"

namespace namesake::graph {
namespace {

using test::FailsInDetail;
using test::IsOk;
using testing::ElementsAre;

const std::filesystem::path kModel = NAMESAKE_SOURCE_DIR "/tests/data/models/two_signatures.tflite";

ModelLayout OnDisk(std::filesystem::path path = kModel) {
  return {.encoding = Encoding::kTensorFlowLite,
          .parts = ModelLayout::Files{.model = std::move(path), .companions = {}},
          .bytes = 915,
          .name = Wording("the model", "two.tflite")};
}

Result<ModelLayout> Choose(std::string key) {
  return ChooseSignature(OnDisk(), {{"signature", std::move(key)}});
}

TEST(ChooseSignature, LeavesAModelThatIsReadByTheFirstSubgraph) {
  const auto unasked = ChooseSignature(OnDisk(), {{"threads", "1"}});
  ASSERT_THAT(unasked, IsOk());
  EXPECT_TRUE(std::holds_alternative<ModelLayout::Files>(unasked->parts));
  const auto first = Choose("encode");
  ASSERT_THAT(first, IsOk());
  EXPECT_TRUE(std::holds_alternative<ModelLayout::Files>(first->parts));
}

TEST(ChooseSignature, GivesACopyForAnother) {
  const auto content = base::ReadWholeFile(kModel).value();
  const auto chosen = Choose("decode");
  ASSERT_THAT(chosen, IsOk());
  const auto& model = *std::get<ModelLayout::Memory>(chosen->parts).model;
  EXPECT_EQ(model, WithFirstSubgraph(content, 1));
  EXPECT_EQ(chosen->bytes, 915U);
  ModelLayout in_memory = OnDisk();
  in_memory.parts = ModelLayout::Memory{
      .model = std::make_shared<const std::vector<std::byte>>(content), .weights = {}};
  const auto again = ChooseSignature(in_memory, {{"signature", "decode"}});
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(*std::get<ModelLayout::Memory>(again->parts).model, model);
}

TEST(ChooseSignature, RefusesAnUnknownOne) {
  EXPECT_THAT(Choose("decod"),
              FailsInDetail(ErrorCode::kInvalidArgument,
                            "two.tflite has no signature \"decod\"; did you mean \"decode\"?"));
  EXPECT_THAT(Choose("serving_default"),
              FailsInDetail(ErrorCode::kInvalidArgument,
                            "two.tflite has no signature \"serving_default\"; expected one of: "
                            "encode, decode"));
  const test::TempDir dir;
  EXPECT_THAT(ChooseSignature(OnDisk(dir.Write("none", "TFL3")), {{"signature", "x"}}),
              FailsInDetail(ErrorCode::kInvalidArgument, "two.tflite has no signature \"x\""));
}

TEST(NamesBySignature, AreThoseOfTheKeyOrOfTheFirstSubgraph) {
  const auto content = base::ReadWholeFile(kModel).value();
  EXPECT_THAT(NamesBySignature(content, std::nullopt).outputs, ElementsAre("embedding"));
  EXPECT_THAT(NamesBySignature(content, "decode").outputs, ElementsAre("text"));
  EXPECT_TRUE(NamesBySignature(content, "no").outputs.empty());
}

}  // namespace
}  // namespace namesake::graph
