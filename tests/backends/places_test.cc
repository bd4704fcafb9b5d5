// Outputs of variable size in memory that the caller gives: they are right wherever they lie, and
// nobody writes to memory that was taken back or is kept.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "backends/suite.h"
#include "graph/tensor_buffer.h"

namespace namesake::backends {
namespace {

constexpr std::size_t kColumns = 3;
using Rows = std::vector<std::size_t>;

struct Memory {
  explicit Memory(std::size_t count)
      : bytes(count * sizeof(float)), data(graph::NewTensorBytes(bytes).value()) {
    Clear();
  }
  void Clear() const { std::fill_n(data.get(), bytes, std::byte{0x55}); }
  bool IsClear() const {
    return std::all_of(data.get(), data.get() + bytes,
                       [](std::byte byte) { return byte == std::byte{0x55}; });
  }

  std::size_t bytes;
  std::shared_ptr<std::byte> data;
};

class Places : public Suite {
 protected:
  void SetUp() override {
    if (ModelFor(subject(), Purpose::kDynamic) && Claims(Capability::kDynamicShapes)) {
      graph_ = LoadFor(Purpose::kDynamic);
      context_ = NewContext(*graph_);
    }
  }

  // Values that no other inference has.
  std::vector<float> NewValues(std::size_t rows) {
    std::vector<float> values(rows * kColumns);
    for (float& value : values) value = next_value_++;
    return values;
  }
  // Fails the test if the output isn't as it must be. Returns where it lies.
  const std::byte* Infer(std::size_t rows) {
    const auto values = NewValues(rows);
    EXPECT_THAT(context_->SetInput(0, F32({rows, kColumns}, values)), IsOk());
    EXPECT_THAT(context_->Compute(Deadline::Never()), IsOk());
    EXPECT_EQ(Floats(*context_), values);
    const auto output = context_->Output(0);
    return output ? output->data.data() : nullptr;
  }

  float next_value_ = 1;
  std::shared_ptr<const Graph> graph_;
  std::unique_ptr<ExecutionContext> context_;
};

// ONNX Runtime uses the memory from the second inference of a shape on, when it can be told the
// output's.
TEST_P(Places, AreUsedForWhatFits) {
  if (!context_ || subject().isolation == Isolation::kTenant) return;
  const Memory memory(2 * kColumns);
  ASSERT_THAT(context_->PlaceOutput(0, memory.data, memory.bytes), IsOk());
  const bool is_used = subject().name == "onnxruntime";
  Infer(2);
  EXPECT_EQ(Infer(2) == memory.data.get(), is_used);
  EXPECT_EQ(Infer(2) == memory.data.get(), is_used);
  // A smaller output may lie there or not.
  Infer(1);
  EXPECT_NE(Infer(5), memory.data.get());
  EXPECT_NE(Infer(5), memory.data.get());
  const Memory larger(5 * kColumns);
  ASSERT_THAT(context_->PlaceOutput(0, larger.data, larger.bytes), IsOk());
  EXPECT_EQ(Infer(5) == larger.data.get(), is_used);
}

TEST_P(Places, AreLeftAloneOnceTheyAreTakenBack) {
  if (!context_ || subject().isolation == Isolation::kTenant) return;
  const Memory first(2 * kColumns);
  const Memory second(4 * kColumns);
  for (const bool replaced : {true, false}) {
    ASSERT_THAT(context_->PlaceOutput(0, first.data, first.bytes), IsOk());
    for (int i = 0; i < 3; ++i) Infer(2);
    first.Clear();
    const Memory* const next = replaced ? &second : nullptr;
    ASSERT_THAT(context_->PlaceOutput(0, next == nullptr ? nullptr : next->data,
                                      next == nullptr ? 0 : next->bytes),
                IsOk());
    for (const std::size_t rows : Rows{2, 2, 1, 4, 4, 2}) Infer(rows);
    EXPECT_TRUE(first.IsClear());
  }
}

// In a worker too, whose outputs lie in memory that the host gives it.
TEST_P(Places, OfKeptOutputsAreNotWrittenAgain) {
  if (!context_) return;
  struct Kept {
    SharedTensor tensor;
    std::vector<float> values;
  };
  std::vector<Kept> kept;
  for (const std::size_t rows : Rows{2, 2, 2, 5, 5, 1, 1, 2, 2, 2}) {
    const auto values = NewValues(rows);
    ASSERT_THAT(context_->SetInput(0, F32({rows, kColumns}, values)), IsOk());
    ASSERT_THAT(context_->Compute(Deadline::Never()), IsOk());
    auto output = context_->ShareOutput(0);
    ASSERT_THAT(output, IsOk());
    kept.push_back({*std::move(output), values});
  }
  context_ = nullptr;
  for (const auto& [tensor, values] : kept) {
    ASSERT_EQ(tensor.size, values.size() * sizeof(float));
    EXPECT_TRUE(std::ranges::equal(tensor.view().data, std::as_bytes(std::span(values))));
  }
}

INSTANTIATE_TEST_SUITE_P(All, Places, testing::Range<std::size_t>(0, Subjects().size()), NameOf);

// ---- Outputs whose size the input's values tell, and ones that are an input of variable size

class OnnxPlaces : public Suite {
 protected:
  std::unique_ptr<ExecutionContext> ContextOf(std::string_view model) {
    const auto path = std::filesystem::path(NAMESAKE_SOURCE_DIR) / "tests/data/models" / model;
    graph_ = MustLoad({.encoding = Encoding::kOnnx, .source = ModelFiles{.paths = {path}}});
    return graph_ == nullptr ? nullptr : NewContext(*graph_);
  }

  std::shared_ptr<const Graph> graph_;
};

std::vector<std::int64_t> NonZeroOf(const std::vector<float>& values) {
  std::vector<std::int64_t> indices;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] != 0) indices.push_back(static_cast<std::int64_t>(i));
  }
  return indices;
}

TEST_P(OnnxPlaces, OfOutputsThatVaryWithTheValues) {
  const std::vector<std::vector<float>> inputs = {{0, 1, 0, 1}, {1, 1, 0, 0}, {1, 1, 1, 1},
                                                  {0, 0, 0, 0}, {0, 0, 1, 0}, {1, 0, 0, 0},
                                                  {0, 1, 1, 0}, {0, 1, 0, 1}};
  for (const bool keeps : {false, true}) {
    SCOPED_TRACE(keeps);
    const auto context = ContextOf("of_any_size.onnx");
    ASSERT_NE(context, nullptr);
    const Memory memory(8);
    if (subject().isolation == Isolation::kProcess) {
      ASSERT_THAT(context->PlaceOutput(0, memory.data, memory.bytes), IsOk());
    }
    std::vector<SharedTensor> kept;
    for (const auto& values : inputs) {
      ASSERT_THAT(context->SetInput(0, F32({4}, values)), IsOk());
      ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
      EXPECT_EQ(Output<std::int64_t>(*context, 0), NonZeroOf(values));
      if (keeps) kept.push_back(context->ShareOutput(0).value());
    }
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const auto expected = NonZeroOf(inputs[i]);
      EXPECT_TRUE(std::ranges::equal(kept[i].view().data, std::as_bytes(std::span(expected))));
    }
  }
}

TEST_P(OnnxPlaces, OfAnOutputThatIsTheInput) {
  const auto context = ContextOf("passed_dynamic.onnx");
  ASSERT_NE(context, nullptr);
  const Memory one(4);
  const Memory other(4);
  if (subject().isolation == Isolation::kProcess) {
    ASSERT_THAT(context->PlaceOutput(0, one.data, one.bytes), IsOk());
    ASSERT_THAT(context->PlaceOutput(1, other.data, other.bytes), IsOk());
  }
  const std::size_t passed = graph_->FindOutput("x").value_or(0);
  for (const std::vector<float>& values :
       {std::vector<float>{1, -2, 3, -4}, {5, 6, 7, 8}, {9, 10}, {11, 12}, {13, 14, 15, 16}}) {
    ASSERT_THAT(context->SetInput(0, F32({values.size()}, values)), IsOk());
    ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
    EXPECT_EQ(Floats(*context, passed), values);
    auto negated = values;
    for (float& value : negated) value = -value;
    EXPECT_EQ(Floats(*context, 1 - passed), negated);
  }
}

INSTANTIATE_TEST_SUITE_P(All, OnnxPlaces, testing::ValuesIn(RealOnnxSubjects()), NameOf);

}  // namespace
}  // namespace namesake::backends
