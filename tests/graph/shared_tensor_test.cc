// Sharing tensors with contexts, and taking them out again, tested on the fake backend.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "backend_fake/fake_backend.h"
#include "graph/tensor_buffer.h"
#include "graph/tensor_copy.h"
#include "namesake/backend.h"
#include "namesake/tensor.h"
#include "support/matchers.h"

namespace namesake {
namespace {

using test::Fails;
using test::FailsInDetail;
using test::IsOk;

// Returns how many bytes of tensors `call` copies.
template <typename Call>
std::uint64_t BytesCopiedBy(const Call& call) {
  const std::uint64_t before = graph::TensorBytesCopied();
  call();
  return graph::TensorBytesCopied() - before;
}

SharedTensor Floats(const std::vector<float>& values) {
  const std::vector<std::uint64_t> dims = {values.size()};
  return CopyTensor(
             {.type = ElementType::kF32, .dims = dims, .data = std::as_bytes(std::span(values))})
      .value();
}

std::vector<float> Values(const SharedTensor& tensor) {
  const auto* const first = reinterpret_cast<const float*>(tensor.bytes.get());
  return {first, first + tensor.size / sizeof(float)};
}

class SharedTensorTest : public testing::Test {
 protected:
  std::shared_ptr<const Graph> Load(std::string_view script) {
    fake::Backend backend({Encoding::kOnnx}, counters_);
    return backend.Load(fake::NewModel(script), {}, Deadline::Never()).value();
  }
  std::unique_ptr<ExecutionContext> Context(std::string_view script) {
    return Load(script)->NewContext(Placement::Host()).value();
  }

  // The output of one inference on that input.
  static SharedTensor Compute(ExecutionContext& context, const SharedTensor& input) {
    EXPECT_THAT(context.ShareInput(0, input), IsOk());
    EXPECT_THAT(context.Compute(Deadline::Never()), IsOk());
    return context.ShareOutput(0).value();
  }

  fake::Counters counters_;
};

TEST(CopyTensor, CopiesOnceIntoAlignedMemoryOfItsOwn) {
  const std::vector<std::uint64_t> dims = {2, 3};
  std::vector<std::byte> source(7, std::byte{5});
  std::optional<SharedTensor> copy;
  EXPECT_EQ(
      BytesCopiedBy([&] {
        copy = CopyTensor(
                   {.type = ElementType::kU8, .dims = dims, .data = std::span(source).subspan(1)})
                   .value();
      }),
      6U);
  source.assign(7, std::byte{9});
  EXPECT_EQ(copy->type, ElementType::kU8);
  EXPECT_EQ(copy->dims, dims);
  EXPECT_EQ(std::vector(copy->bytes.get(), copy->bytes.get() + copy->size),
            std::vector(6, std::byte{5}));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(copy->bytes.get()) % graph::kTensorAlignment, 0U);
}

TEST(CopyTensor, TakesATensorWithoutBytes) {
  const auto copy = CopyTensor({});
  ASSERT_THAT(copy, IsOk());
  EXPECT_EQ(copy->size, 0U);
  EXPECT_TRUE(copy->view().data.empty());
}

TEST(CopyTensor, RefusesMoreThanAnObjectMayHave) {
  const std::byte byte{};
  const std::span<const std::byte> huge(&byte, SIZE_MAX);
  EXPECT_THAT(CopyTensor({.data = huge}),
              Fails(ErrorCode::kTooLarge,
                    "a tensor of 18446744073709551615 bytes is larger than any memory"));
}

TEST(TensorBuffer, IsFilledAgainOnlyWhereNobodyHoldsIt) {
  graph::TensorBuffer buffer;
  const std::byte* const first = buffer.Renew(8).value().data();
  EXPECT_EQ(buffer.Renew(8).value().data(), first);
  SharedTensor lent = buffer.Lend(ElementType::kU8, {8});
  SharedTensor again = buffer.Lend(ElementType::kU8, {8});
  EXPECT_EQ(lent.bytes.get(), first);
  lent = {};
  const std::byte* const second = buffer.Renew(8).value().data();
  EXPECT_NE(second, first);
  // `again` holds the earlier memory, so this memory is free.
  EXPECT_EQ(buffer.Renew(8).value().data(), second);
  again = {};
  EXPECT_EQ(buffer.Renew(8).value().data(), second);
  EXPECT_EQ(buffer.Renew(4).value().size(), 4U);
}

TEST(TensorBuffer, ShowsNobodyWhatOthersLeftInNewMemory) {
  constexpr std::size_t kSize = 1000;
  {
    graph::TensorBuffer former;
    std::ranges::fill(former.Renew(kSize).value(), std::byte{255});
  }
  graph::TensorBuffer buffer;
  const std::span<std::byte> bytes = buffer.RenewCleared(kSize).value();
  EXPECT_THAT(bytes, testing::Each(std::byte{0}));
  std::ranges::fill(bytes, std::byte{7});
  EXPECT_THAT(buffer.RenewCleared(kSize).value(), testing::Each(std::byte{7}));
}

TEST(TensorBuffer, MayBeWrittenOnceAnotherThreadHasLetGo) {
  graph::TensorBuffer buffer;
  for (int i = 0; i < 100; ++i) {
    const std::span<std::byte> bytes = buffer.Renew(64).value();
    std::ranges::fill(bytes, static_cast<std::byte>(i));
    std::thread reader([i, lent = buffer.Lend(ElementType::kU8, {64})]() mutable {
      for (const std::byte byte : lent.view().data) EXPECT_EQ(byte, static_cast<std::byte>(i));
      lent = {};
    });
    // Runs concurrently with the reader: reuses its memory only after it has read it.
    std::ranges::fill(buffer.Renew(64).value(), std::byte{255});
    reader.join();
  }
}

TEST_F(SharedTensorTest, AreComputedOnAndHandedOutWithoutACopy) {
  const auto context = Context("io f32 ?");
  const SharedTensor input = Floats({1, 2, 3});
  std::optional<SharedTensor> output;
  EXPECT_EQ(BytesCopiedBy([&] { output = Compute(*context, input); }), 0U);
  EXPECT_EQ(output->bytes.get(), input.bytes.get());
  EXPECT_EQ(output->dims, (std::vector<std::uint64_t>{3}));
  EXPECT_EQ(counters_.inputs_bound, 1);
  EXPECT_EQ(counters_.input_bytes_copied, 0U);
}

TEST_F(SharedTensorTest, AnInputThatIsSetIsCopiedOnce) {
  const auto context = Context("io f32 ?");
  const SharedTensor input = Floats({1, 2, 3});
  EXPECT_EQ(BytesCopiedBy([&] { EXPECT_THAT(context->SetInput(0, input.view()), IsOk()); }), 12U);
  EXPECT_EQ(BytesCopiedBy([&] {
              EXPECT_THAT(context->Compute(Deadline::Never()), IsOk());
              EXPECT_THAT(context->Output(0), IsOk());
              EXPECT_THAT(context->ShareOutput(0), IsOk());
            }),
            0U);
  EXPECT_EQ(counters_.inputs_bound, 0);
}

TEST_F(SharedTensorTest, AreRefusedAsInputsThatAreSet) {
  const auto context = Context("io f32 2\nio u8 1,?");
  const SharedTensor floats = Floats({1, 2, 3});
  SharedTensor short_of_bytes = Floats({1});
  short_of_bytes.dims = {2};
  for (const auto& [index, tensor] : {std::pair<std::size_t, SharedTensor>(2, floats),
                                      {0, floats},
                                      {1, floats},
                                      {0, short_of_bytes},
                                      {0, SharedTensor{}}}) {
    const auto set = context->SetInput(index, tensor.view());
    ASSERT_FALSE(set);
    EXPECT_THAT(context->ShareInput(index, tensor),
                Fails(set.error().code(), set.error().message()));
  }
  EXPECT_THAT(context->Compute(Deadline::Never()),
              Fails(ErrorCode::kInvalidArgument, "input 0 (\"in0\") was never set"));
}

TEST_F(SharedTensorTest, ARefusedOneKeepsTheInputBefore) {
  const auto context = Context("io f32 2");
  ASSERT_THAT(context->ShareInput(0, Floats({1, 2})), IsOk());
  ASSERT_FALSE(context->ShareInput(0, Floats({1, 2, 3})));
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  EXPECT_EQ(Values(context->ShareOutput(0).value()), (std::vector<float>{1, 2}));
}

TEST_F(SharedTensorTest, ThereIsNoOutputToKeepWhereThereIsNone) {
  const auto context = Context("io f32 1");
  EXPECT_THAT(context->ShareOutput(1),
              Fails(ErrorCode::kInvalidArgument, "unknown output 1; the graph has 1"));
  EXPECT_THAT(context->ShareOutput(0),
              Fails(ErrorCode::kInvalidArgument,
                    "there is no output yet: no inference has succeeded, or the last one failed"));
}

TEST_F(SharedTensorTest, AnInputIsHeldUntilItIsSetAgain) {
  const auto context = Context("in f32 1\nout f32 1");
  SharedTensor input = Floats({1});
  const std::weak_ptr<const std::byte> bytes = input.bytes;
  ASSERT_THAT(context->ShareInput(0, input), IsOk());
  input = {};
  EXPECT_FALSE(bytes.expired());
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  EXPECT_EQ(Values(context->ShareOutput(0).value()), std::vector<float>{1});
  ASSERT_THAT(context->SetInput(0, Floats({2}).view()), IsOk());
  EXPECT_TRUE(bytes.expired());
}

TEST_F(SharedTensorTest, AnInputSetAfterASharedOneLeavesTheSharedBytes) {
  const auto context = Context("io f32 1");
  const SharedTensor shared = Floats({1});
  ASSERT_THAT(context->ShareInput(0, shared), IsOk());
  ASSERT_THAT(context->SetInput(0, Floats({2}).view()), IsOk());
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  EXPECT_EQ(Values(context->ShareOutput(0).value()), std::vector<float>{2});
  EXPECT_EQ(Values(shared), std::vector<float>{1});
}

TEST_F(SharedTensorTest, AKeptOutputStaysAsItIsAndItsMemoryComesBackAfterwards) {
  for (const std::string_view script : {"io f32 2", "in f32 2\nout f32 2"}) {
    SCOPED_TRACE(script);
    const auto context = Context(script);
    const auto compute = [&](const std::vector<float>& values) {
      EXPECT_THAT(context->SetInput(0, Floats(values).view()), IsOk());
      EXPECT_THAT(context->Compute(Deadline::Never()), IsOk());
      return context->ShareOutput(0).value();
    };
    SharedTensor kept = compute({1, 2});
    SharedTensor next = compute({3, 4});
    EXPECT_NE(next.bytes.get(), kept.bytes.get());
    EXPECT_EQ(Values(kept), (std::vector<float>{1, 2}));
    EXPECT_EQ(Values(next), (std::vector<float>{3, 4}));
  }
  const auto context = Context("in f32 2\nout f32 2");
  const std::byte* const first = Compute(*context, Floats({1, 2})).bytes.get();
  EXPECT_EQ(Compute(*context, Floats({3, 4})).bytes.get(), first);
}

TEST_F(SharedTensorTest, AKeptOutputOutlivesItsContextAndItsGraph) {
  auto context = Context("in f32 2\nout f32 2");
  const SharedTensor kept = Compute(*context, Floats({1, 2}));
  context.reset();
  EXPECT_EQ(counters_.graphs, 0);
  EXPECT_EQ(Values(kept), (std::vector<float>{1, 2}));
}

TEST_F(SharedTensorTest, AnOutputMayBeTheNextInput) {
  const auto context = Context("in f32 2\nout f32 3");
  SharedTensor tensor = Compute(*context, Floats({1, 2}));
  tensor.dims = {3};
  EXPECT_EQ(Values(tensor), (std::vector<float>{1, 2, 1}));
  const auto other = Context("in f32 3\nout f32 2");
  EXPECT_EQ(Values(Compute(*other, tensor)), (std::vector<float>{1, 2}));
  EXPECT_EQ(Values(Compute(*context, Compute(*other, tensor))), (std::vector<float>{1, 2, 1}));
  EXPECT_EQ(Values(tensor), (std::vector<float>{1, 2, 1}));
}

TEST_F(SharedTensorTest, AnOutputThatDoesNotOwnItsMemoryIsNotHandedOut) {
  const auto context = Context("io f32 2\nin f32 2\nout f32 2\noutputs unowned");
  const SharedTensor input = Floats({1, 2});
  ASSERT_THAT(context->ShareInput(0, input), IsOk());
  ASSERT_THAT(context->ShareInput(1, Floats({3, 4})), IsOk());
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  EXPECT_THAT(context->ShareOutput(0),
              FailsInDetail(ErrorCode::kInternal,
                            "the backend lends output 0 (\"out0\") without owning its memory"));
  // It can still be read while the context holds it.
  EXPECT_THAT(context->Output(0), IsOk());
}

// Models a backend that can neither share its inputs nor lend its outputs.
class CopyingContext : public ExecutionContext {
 public:
  explicit CopyingContext(std::shared_ptr<const Graph> graph)
      : ExecutionContext(std::move(graph)) {}

 private:
  Result<void> CopyInput(std::size_t /*index*/, const TensorView& tensor) override {
    bytes_.resize(tensor.data.size());
    graph::CopyTensorBytes(bytes_, tensor.data);
    return {};
  }
  Result<void> Run(Deadline /*deadline*/) override { return {}; }
  Result<TensorView> ReadOutput(std::size_t /*index*/) override {
    return TensorView{.type = ElementType::kF32, .dims = dims_, .data = bytes_};
  }

  std::vector<std::byte> bytes_;
  const std::vector<std::uint64_t> dims_ = {2};
};

TEST_F(SharedTensorTest, AreCopiedByABackendThatCantShareThem) {
  CopyingContext context(Load("io f32 2"));
  std::optional<SharedTensor> kept;
  EXPECT_EQ(BytesCopiedBy([&, input = Floats({1, 2})] { kept = Compute(context, input); }), 16U);
  EXPECT_EQ(Values(Compute(context, Floats({3, 4}))), (std::vector<float>{3, 4}));
  EXPECT_EQ(Values(*kept), (std::vector<float>{1, 2}));
}

}  // namespace
}  // namespace namesake
