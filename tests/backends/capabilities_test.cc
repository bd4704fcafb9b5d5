// The capabilities that a backend declares work, and the others don't.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backends/suite.h"
#include "graph/tensor_buffer.h"
#include "graph/tensor_copy.h"

namespace namesake::backends {
namespace {

class Capabilities : public Suite {};

TEST_P(Capabilities, AreInTheDescription) {
  const auto description = backend().Describe();
  ASSERT_THAT(description, IsOk());
  EXPECT_EQ(description->version, backend().version());
  EXPECT_NE(description->version, "");
  EXPECT_EQ(description->capabilities, backend().capabilities());
  EXPECT_FALSE(description->capabilities.types.empty());
  EXPECT_FALSE(description->devices.empty());
}

TEST_P(Capabilities, Scalars) {
  const auto model = ModelFor(subject(), Purpose::kScalar);
  ASSERT_TRUE(model.has_value());
  const auto graph = Load(*model);
  ASSERT_EQ(graph.has_value(), Claims(Capability::kScalars));
  if (!graph) return;
  EXPECT_EQ((*graph)->inputs().at(0).shape, std::vector<Dim>());
  // As the specification writes a scalar, too.
  for (const Dims& dims : {Dims{}, Dims{1}}) {
    const auto context = NewContext(**graph);
    ASSERT_THAT(context->SetInput(0, F32(dims, {2})), IsOk());
    ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
    EXPECT_EQ(std::abs(Floats(*context).at(0)), 2);
    EXPECT_THAT(Dims(context->Output(0)->dims.begin(), context->Output(0)->dims.end()),
                testing::AnyOf(Dims{}, dims));
  }
}

TEST_P(Capabilities, DynamicShapes) {
  const auto model = ModelFor(subject(), Purpose::kDynamic);
  ASSERT_TRUE(model.has_value());
  const auto graph = Load(*model);
  ASSERT_EQ(graph.has_value(), Claims(Capability::kDynamicShapes));
  if (!graph) return;
  const auto context = NewContext(**graph);
  for (const std::uint64_t rows : {1U, 3U, 2U, 1U, 8U}) {
    const Dims dims = {rows, 3};
    const std::vector<float> values(rows * 3, static_cast<float>(rows));
    ASSERT_THAT(context->SetInput(0, F32(dims, values)), IsOk());
    ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
    EXPECT_EQ(Floats(*context), values);
    EXPECT_TRUE(std::ranges::equal(context->Output(0)->dims, dims));
  }
  const Dims wrong = {2, 4};
  const std::vector<float> eight(8);
  EXPECT_FALSE(context->SetInput(0, F32(wrong, eight)));
}

TEST_P(Capabilities, EmptyTensors) {
  const auto graph = LoadFor(Purpose::kTotal);
  if (graph == nullptr) return;
  const auto context = NewContext(*graph);
  const Dims dims = {0, 3};
  const auto set = context->SetInput(0, F32(dims, {}));
  if (!Claims(Capability::kEmptyTensors)) {
    EXPECT_THAT(set, Fails(ErrorCode::kInvalidArgument, testing::HasSubstr("[0,3]")));
    return;
  }
  ASSERT_THAT(set, IsOk());
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  for (const float sum : Floats(*context)) EXPECT_EQ(sum, 0);
}

// Whether an input may have no elements is the model's. What it may have is computed.
TEST_P(Capabilities, NoElementsAreComputedOrRefused) {
  const auto graph = LoadFor(Purpose::kDynamic);
  ASSERT_NE(graph, nullptr);
  const Dims none = {0, 3};
  const TensorInfo& info = graph->inputs().at(0);
  const bool is_taken = info.may_be_empty && info.shape->at(0).min == 0;
  EXPECT_TRUE(is_taken || !Claims(Capability::kEmptyTensors));
  const auto context = NewContext(*graph);
  const auto infer = [&](const Dims& dims, const std::vector<float>& values) {
    ASSERT_THAT(context->SetInput(0, F32(dims, values)), IsOk());
    ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
    EXPECT_EQ(Floats(*context), values);
    EXPECT_TRUE(std::ranges::equal(context->Output(0)->dims, dims));
  };
  infer({2, 3}, {1, 2, 3, 4, 5, 6});
  if (is_taken) {
    infer(none, {});
  } else {
    EXPECT_THAT(context->SetInput(0, F32(none, {})),
                Fails(ErrorCode::kInvalidArgument, testing::HasSubstr("[0,3]")));
  }
  infer({1, 3}, {7, 8, 9});
}

TEST_P(Capabilities, WideIntegers) {
  const auto graph = LoadFor(Purpose::kDoubleI64);
  if (graph == nullptr) return;
  const auto context = NewContext(*graph);
  const Dims dims = {2};
  const std::vector<std::int64_t> values = {(std::int64_t{1} << 40) + 1, -3};
  const std::vector<std::int64_t> twice = {2 * values[0], -6};
  ASSERT_THAT(context->SetInput(0, ViewOf(ElementType::kI64, dims, values)), IsOk());
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  EXPECT_EQ(Output<std::int64_t>(*context, 0) == twice, Claims(Capability::kWideIntegers));
}

TEST_P(Capabilities, WideFloats) {
  const auto graph = LoadFor(Purpose::kDoubleF64);
  if (graph == nullptr) return;
  const auto context = NewContext(*graph);
  const Dims dims = {2};
  const std::vector<double> values = {1 + 0x1p-40, -3};
  const std::vector<double> twice = {2 * values[0], -6};
  ASSERT_THAT(context->SetInput(0, ViewOf(ElementType::kF64, dims, values)), IsOk());
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  EXPECT_EQ(Output<double>(*context, 0) == twice, Claims(Capability::kWideFloats));
}

TEST_P(Capabilities, State) {
  const auto graph = LoadFor(Purpose::kState);
  if (graph == nullptr) return;
  ASSERT_EQ(graph->keeps_state(), Claims(Capability::kState));
  const auto context = NewContext(*graph);
  const auto other = NewContext(*graph);
  const Dims dims = {1};
  std::vector<float> sums;
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(context->SetInput(0, F32(dims, {1})), IsOk());
    ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
    sums.push_back(Floats(*context).at(0));
  }
  EXPECT_EQ(sums, (std::vector<float>{2, 3, 4}));
  ASSERT_THAT(other->SetInput(0, F32(dims, {1})), IsOk());
  ASSERT_THAT(other->Compute(Deadline::Never()), IsOk());
  EXPECT_EQ(Floats(*other), std::vector<float>{2});
}

// In a worker the host's side copies into memory that both share, whatever the backend does.
TEST_P(Capabilities, InputsInPlace) {
  if (subject().isolation == Isolation::kTenant) return;
  const auto graph = LoadFor(Purpose::kPlain);
  const Sample sample = PlainSample(subject());
  const auto context = NewContext(*graph);
  const auto shared = CopyTensor(F32(sample.dims, sample.input)).value();
  const std::uint64_t before = graph::TensorBytesCopied();
  ASSERT_THAT(context->ShareInput(0, shared), IsOk());
  EXPECT_EQ(graph::TensorBytesCopied() == before, Claims(Capability::kInputsInPlace));
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  EXPECT_EQ(Floats(*context), sample.output);
}

TEST_P(Capabilities, OutputsInPlace) {
  const auto graph = LoadFor(Purpose::kPlain);
  if (!graph->outputs().at(0).fixed() || subject().isolation == Isolation::kTenant) return;
  const Sample sample = PlainSample(subject());
  const auto context = NewContext(*graph);
  const std::size_t size = sample.output.size() * sizeof(float);
  const auto memory = graph::NewTensorBytes(size).value();
  ASSERT_THAT(context->PlaceOutput(0, memory, size), IsOk());
  ASSERT_THAT(context->SetInput(0, F32(sample.dims, sample.input)), IsOk());
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  EXPECT_EQ(Floats(*context), sample.output);
  EXPECT_EQ(context->Output(0)->data.data() == memory.get(), Claims(Capability::kOutputsInPlace));
}

// Without this claim an inference would end only with its process.
TEST_P(Capabilities, Deadlines) {
  const auto graph = LoadFor(Purpose::kSlow);
  ASSERT_NE(graph, nullptr);
  if (!Claims(Capability::kDeadlines)) return;
  Dims dims = {16};
  std::size_t count = 16;
  for (const Dim& dim : std::span(*graph->inputs().at(0).shape).subspan(1)) {
    dims.push_back(dim.min);
    count *= dim.min;
  }
  const auto context = NewContext(*graph);
  ASSERT_THAT(context->SetInput(0, F32(dims, std::vector<float>(count))), IsOk());
  // The first inference may compile.
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  const auto right = Floats(*context);
  const auto ended = context->Compute(Deadline::After(std::chrono::milliseconds(1)));
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code(), ErrorCode::kTimeout);
  EXPECT_FALSE(context->Output(0));
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  EXPECT_EQ(Floats(*context), right);
}

TEST_P(Capabilities, CompiledForms) {
  const auto identity = backend().IdentifyForm({.encoding = subject().encoding}, {});
  ASSERT_THAT(identity, IsOk());
  EXPECT_EQ(!identity->version.empty(), Claims(Capability::kCompiledForms));
}

INSTANTIATE_TEST_SUITE_P(All, Capabilities, testing::Range<std::size_t>(0, Subjects().size()),
                         NameOf);

}  // namespace
}  // namespace namesake::backends
