// A model's variables, which each context keeps between inferences, count toward its memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <openvino/op/util/variable.hpp>
#include <openvino/opsets/opset13.hpp>
#include <openvino/pass/serialize.hpp>
#include <sstream>

#include "openvino/support.h"

namespace namesake::openvino {
namespace {

using testing::HasSubstr;
namespace op = ov::opset13;

// Adds its input, f32 [1], to every element of a variable of this shape, and outputs the first one.
Model Counter(const ov::PartialShape& shape) {
  const auto variable = std::make_shared<ov::op::util::Variable>(
      ov::op::util::VariableInfo{shape, ov::element::f32, "count"});
  const auto input = std::make_shared<op::Parameter>(ov::element::f32, ov::PartialShape{1});
  const auto kept = std::make_shared<op::ReadValue>(variable);
  const auto sum = std::make_shared<op::Add>(kept, input);
  const auto assign = std::make_shared<op::Assign>(sum, variable);
  const auto zero = op::Constant::create(ov::element::i64, {1}, {0});
  const auto one = op::Constant::create(ov::element::i64, {1}, {1});
  const auto first = std::make_shared<op::Slice>(sum, zero, one, one, zero);
  const auto model = std::make_shared<ov::Model>(ov::OutputVector{first}, ov::SinkVector{assign},
                                                 ov::ParameterVector{input});
  std::ostringstream xml;
  std::ostringstream weights;
  ov::pass::Serialize(xml, weights).run_on_model(model);
  return BytesModel(Encoding::kOpenVino, {MakeBlob(xml.str()), MakeBlob(weights.str())});
}

TEST(State, IsCountedForEachContext) {
  const auto small = MustLoad(Counter({1}));
  const auto large = MustLoad(Counter({1000001}));
  // OpenVINO keeps two copies: the old and the new value.
  EXPECT_EQ(large->context_bytes() - small->context_bytes(), 2U * 4 * 1000000);
  EXPECT_THAT(RunOnce(*large, {{.dims = {1}, .data = {3}}}),
              testing::ElementsAre(testing::ElementsAre(3)));
}

TEST(State, LargerThanAnyMemoryIsRefused) {
  // 4 bytes each: within 64 bits, just above them, and 2^64 times 4.
  for (const ov::PartialShape& shape :
       {ov::PartialShape{1LL << 60}, ov::PartialShape{1LL << 31, 1LL << 31},
        ov::PartialShape{1LL << 32, 1LL << 32}}) {
    const Error error = LoadError(Counter(shape));
    EXPECT_EQ(error.code(), ErrorCode::kTooLarge) << shape;
    EXPECT_THAT(error.message(), HasSubstr("its variables are larger than any memory")) << shape;
  }
}

TEST(State, OfAVariableSizeIsTheOperatorsToGive) {
  Model model = Counter({-1});
  model.origin = Origin::kGuest;
  const Error error = LoadError(model);
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(error.message(), HasSubstr("its variable \"count\" has no fixed size"));
}

}  // namespace
}  // namespace namesake::openvino
