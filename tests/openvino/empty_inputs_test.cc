// An input may be empty only if nothing that it reaches outputs stale memory.
#include "backend_openvino/empty_inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <openvino/opsets/opset13.hpp>
#include <vector>

#include "openvino/support.h"

namespace namesake::openvino {
namespace {

using testing::ElementsAre;
namespace op = ov::opset13;
using Nodes = ov::OutputVector;

std::shared_ptr<op::Parameter> Input(const ov::PartialShape& shape) {
  return std::make_shared<op::Parameter>(ov::element::f32, shape);
}

std::shared_ptr<ov::Node> Axes(std::vector<std::int64_t> values) {
  return op::Constant::create(ov::element::i64, {values.size()}, values);
}

std::vector<bool> MayBeEmpty(const Nodes& outputs, const ov::ParameterVector& inputs) {
  return InputsThatMayBeEmpty(*std::make_shared<ov::Model>(outputs, inputs));
}

// Past keys, to which new ones of dynamic length are appended, and a query over all of them.
TEST(EmptyInputs, ADecodersCacheMayBeEmptyAndItsTokensMayNot) {
  const auto past = Input({1, -1, 4});
  const auto now = Input({1, -1, 4});
  const auto question = Input({1, 1, 4});
  const auto keys = std::make_shared<op::Concat>(Nodes{past, now}, 1);
  const auto scores = std::make_shared<op::MatMul>(question, keys, false, true);
  const auto weights = std::make_shared<op::Softmax>(scores, 2);
  const auto answer = std::make_shared<op::MatMul>(weights, keys);
  // Either may be empty on its own but not both together, so neither is accepted.
  EXPECT_THAT(MayBeEmpty({answer, keys}, {past, now, question}), ElementsAre(false, false, false));
  // The new keys are computed from tokens by a product.
  const auto tokens = Input({1, -1, 3});
  const auto projection = op::Constant::create(ov::element::f32, {3, 4}, std::vector<float>(12));
  const auto made = std::make_shared<op::MatMul>(tokens, projection);
  const auto all = std::make_shared<op::Concat>(
      Nodes{std::make_shared<op::Transpose>(past, Axes({0, 1, 2})), made}, 1);
  const auto asked = std::make_shared<op::MatMul>(question, all, false, true);
  EXPECT_THAT(MayBeEmpty({asked, std::make_shared<op::ShapeOf>(past)}, {past, tokens, question}),
              ElementsAre(true, false, false));
}

// A Concat of one input's values is empty if that input is; a Concat of two inputs, only if both
// are.
TEST(EmptyInputs, AConcatThatMayHaveNothingCountsWithoutTakingTheOthersTheirs) {
  const auto x = Input({-1, 4});
  const auto both = std::make_shared<op::Concat>(
      Nodes{std::make_shared<op::Relu>(x), std::make_shared<op::Negative>(x)}, 0);
  const auto y = Input({-1, 4});
  EXPECT_THAT(MayBeEmpty({both, std::make_shared<op::Relu>(y)}, {x, y}), ElementsAre(true, true));
  const auto harmful = std::make_shared<op::Softmax>(both, 1);
  EXPECT_THAT(MayBeEmpty({harmful, std::make_shared<op::Relu>(y)}, {x, y}),
              ElementsAre(false, true));
  // An input that can't be empty for another reason keeps the Concat non-empty.
  const auto z = Input({-1, 4});
  const auto kept = std::make_shared<op::Softmax>(std::make_shared<op::Concat>(Nodes{y, z}, 0), 1);
  EXPECT_THAT(MayBeEmpty({kept, std::make_shared<op::Softmax>(z, 1)}, {y, z}),
              ElementsAre(true, false));
  EXPECT_THAT(MayBeEmpty({kept}, {y, z}), ElementsAre(false, false));
}

TEST(EmptyInputs, WhatReachesAnOperationThatIsNotKnownMayNot) {
  const auto x = Input({-1, -1});
  EXPECT_THAT(MayBeEmpty({std::make_shared<op::Relu>(x)}, {x}), ElementsAre(true));
  for (const std::shared_ptr<ov::Node>& node : std::vector<std::shared_ptr<ov::Node>>{
           std::make_shared<op::ReduceSum>(x, Axes({0}), false),
           std::make_shared<op::ReduceMax>(x, Axes({0}), false),
           std::make_shared<op::Softmax>(x, 1),
           std::make_shared<op::MatMul>(x, x, false, true),
           std::make_shared<op::Tile>(x, Axes({2, 2})),
       }) {
    EXPECT_THAT(MayBeEmpty({node}, {x}), ElementsAre(false)) << node->get_type_name();
    // However far downstream.
    const auto far = std::make_shared<op::Relu>(std::make_shared<op::Relu>(x));
    const auto same = node->clone_with_new_inputs([&] {
      Nodes values = node->input_values();
      for (auto& value : values) {
        if (value.get_node() == x.get()) value = far;
      }
      return values;
    }());
    EXPECT_THAT(MayBeEmpty({same}, {x}), ElementsAre(false)) << node->get_type_name();
  }
}

TEST(EmptyInputs, AFixedExtentIsNeverEmpty) {
  const auto x = Input({2, 3});
  EXPECT_THAT(MayBeEmpty({std::make_shared<op::Relu>(x)}, {x}), ElementsAre(false));
}

}  // namespace
}  // namespace namesake::openvino
