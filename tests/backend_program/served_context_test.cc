// A worker's context lets its backend use only the memory that the current call gives it.
#include "backend_program/served_context.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/fail.h"
#include "base/file.h"
#include "graph/tensor_copy.h"
#include "support/matchers.h"

namespace namesake::backend_program {
namespace {

using protocol::InputPiece;
using protocol::Piece;
using test::Fails;
using test::IsOk;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kSlab = 3;
constexpr std::uint64_t kOtherSlab = 4;
constexpr std::size_t kSlabBytes = 4096;
constexpr std::byte kUntouched{0xAA};

// The calls that a backend's context gets, in order, and what it puts out.
struct Notes {
  std::vector<std::string> lines;
  std::vector<float> output;
  // Where the output may be computed, by the last call.
  std::byte* place = nullptr;
  std::size_t place_size = 0;
  bool computes_in_place = false;
};

class NotingContext : public ExecutionContext {
 public:
  NotingContext(std::shared_ptr<const Graph> graph, Notes& notes)
      : ExecutionContext(std::move(graph)), notes_(notes) {}

 private:
  Result<void> CopyInput(std::size_t /*index*/, const TensorView& /*tensor*/) override {
    return base::Fail(ErrorCode::kInternal, "nothing is copied");
  }
  Result<void> BindInput(std::size_t /*index*/, const SharedTensor& tensor) override {
    notes_.lines.push_back(
        fmt::format("bound {} of {}", std::to_integer<int>(*tensor.bytes), tensor.dims[0]));
    return {};
  }
  Result<void> Run(Deadline /*deadline*/) override { return {}; }
  Result<TensorView> ReadOutput(std::size_t /*index*/) override {
    dims_ = {notes_.output.size()};
    auto bytes = std::as_bytes(std::span(notes_.output));
    if (notes_.computes_in_place && bytes.size() <= notes_.place_size) {
      std::ranges::copy(bytes, notes_.place);
      bytes = {notes_.place, bytes.size()};
    }
    return TensorView{.type = ElementType::kF32, .dims = dims_, .data = bytes};
  }
  void TakeOutputMemory(std::size_t /*index*/, std::shared_ptr<std::byte> memory,
                        std::size_t size) override {
    notes_.lines.push_back(
        memory == nullptr ? "place taken back"
                          : fmt::format("place {} of {}", std::to_integer<int>(*memory), size));
    notes_.place = memory.get();
    notes_.place_size = size;
  }

  std::array<std::uint64_t, 1> dims_{};
  Notes& notes_;
};

// Has one input and one output of F32, of any length.
class NotingGraph : public Graph {
 public:
  NotingGraph() : Graph({Port("x")}, {Port("y")}, 0, Encoding::kOnnx, {}) {}
  Result<std::unique_ptr<ExecutionContext>> NewContext(const Placement& /*of*/) const override {
    return base::Fail(ErrorCode::kUnsupported, "made by the test");
  }

 private:
  static TensorInfo Port(std::string name) {
    return {.name = std::move(name), .type = ElementType::kF32, .shape = {{{.min = 0}}}};
  }
};

class ServedContexts : public testing::Test {
 protected:
  void SetUp() override {
    AddSlab(kSlab);
    AddSlab(kOtherSlab);
  }

  void AddSlab(std::uint64_t id) {
    const base::FileDescriptor file(::memfd_create("slab", MFD_CLOEXEC));
    ASSERT_EQ(::ftruncate(file.get(), kSlabBytes), 0);
    ASSERT_THAT(slabs_.Add({.id = id, .bytes = kSlabBytes, .writable = true}, file), IsOk());
    std::ranges::fill(BytesOf({.slab = id, .offset = 0, .bytes = kSlabBytes}), kUntouched);
  }
  std::span<std::byte> BytesOf(const Piece& piece) const {
    const auto found = slabs_.Find(piece);
    EXPECT_THAT(found, IsOk());
    return {found->get(), piece.bytes};
  }
  // The piece, whose first byte has this number, by which the notes call it.
  Piece Numbered(int number, Piece piece) const {
    BytesOf(piece)[0] = static_cast<std::byte>(number);
    return piece;
  }
  Result<protocol::ComputedOutput> Compute(const Piece& output) { return Compute(input_, output); }
  Result<protocol::ComputedOutput> Compute(const InputPiece& input, const Piece& output) {
    auto outputs = context_.Compute({.inputs = {input}, .outputs = {output}}, slabs_);
    if (!outputs) return base::Fail(std::move(outputs));
    return outputs->at(0);
  }
  std::vector<std::string> TakeLines() { return std::exchange(notes_.lines, {}); }

  SlabMaps slabs_;
  Notes notes_;
  ServedContext context_{std::make_unique<NotingContext>(std::make_shared<NotingGraph>(), notes_)};
  const InputPiece input_ = {
      .piece = {.slab = kSlab, .offset = 0, .bytes = 16}, .type = ElementType::kF32, .dims = {4}};
};

TEST_F(ServedContexts, PlaceAnOutputAnewWhenItsPieceChanges) {
  const Piece first = Numbered(1, {.slab = kSlab, .offset = 64, .bytes = 16});
  const Piece longer = {.slab = kSlab, .offset = 64, .bytes = 32};
  const Piece elsewhere = Numbered(2, {.slab = kSlab, .offset = 128, .bytes = 32});
  const Piece other_slab = Numbered(3, {.slab = kOtherSlab, .offset = 128, .bytes = 32});
  ASSERT_THAT(Compute(Piece()), IsOk());
  TakeLines();
  for (const Piece& piece : {first, first, longer, elsewhere, other_slab, other_slab}) {
    EXPECT_THAT(Compute(piece), IsOk());
  }
  EXPECT_THAT(TakeLines(),
              ElementsAre("place 1 of 16", "place 1 of 32", "place 2 of 32", "place 3 of 32"));
}

TEST_F(ServedContexts, TakeBackAPlaceThatTheNextCallDoesNotGive) {
  const Piece none;
  const Piece place = Numbered(1, {.slab = kSlab, .offset = 64, .bytes = 16});
  ASSERT_THAT(Compute(none), IsOk());
  TakeLines();
  for (const Piece& piece : {place, none, none, place, none}) {
    EXPECT_THAT(Compute(piece), IsOk());
  }
  EXPECT_THAT(TakeLines(), ElementsAre("place 1 of 16", "place taken back", "place 1 of 16",
                                       "place taken back"));
}

TEST_F(ServedContexts, BindAnInputAnewWhenItChanges) {
  const auto of = [](const Piece& piece, std::uint64_t count) {
    return InputPiece{.piece = piece, .type = ElementType::kF32, .dims = {count}};
  };
  const Piece first = Numbered(1, {.slab = kSlab, .offset = 0, .bytes = 16});
  const Piece longer = {.slab = kSlab, .offset = 0, .bytes = 32};
  const Piece elsewhere = Numbered(2, {.slab = kSlab, .offset = 64, .bytes = 32});
  const Piece other_slab = Numbered(3, {.slab = kOtherSlab, .offset = 64, .bytes = 32});
  for (const auto& [piece, count] : {std::pair(first, 4U),
                                     {first, 4U},
                                     {longer, 8U},
                                     {elsewhere, 8U},
                                     {other_slab, 8U},
                                     {other_slab, 8U}}) {
    EXPECT_THAT(Compute(of(piece, count), {}), IsOk());
  }
  EXPECT_THAT(TakeLines(),
              ElementsAre("bound 1 of 4", "bound 1 of 8", "bound 2 of 8", "bound 3 of 8"));
  // The bytes are the same, and were bound; what they are said to be is looked at again.
  EXPECT_THAT(Compute(of(other_slab, 7), {}), Fails(ErrorCode::kInvalidArgument, testing::_));
  InputPiece ints = of(other_slab, 8);
  ints.type = ElementType::kI32;
  EXPECT_THAT(Compute(ints, {}), Fails(ErrorCode::kInvalidArgument, testing::_));
  EXPECT_THAT(TakeLines(), IsEmpty());
}

TEST_F(ServedContexts, CopyAnOutputIntoItsPiece) {
  notes_.output = {1, 2, 3};
  const Piece place = {.slab = kSlab, .offset = 64, .bytes = 16};
  const auto output = Compute(place);
  ASSERT_THAT(output, IsOk());
  EXPECT_TRUE(output->is_placed);
  EXPECT_EQ(output->bytes, 12U);
  EXPECT_THAT(output->dims, ElementsAre(3U));
  EXPECT_TRUE(std::ranges::equal(BytesOf({.slab = kSlab, .offset = 64, .bytes = 12}),
                                 std::as_bytes(std::span(notes_.output))));
  EXPECT_THAT(BytesOf({.slab = kSlab, .offset = 76, .bytes = 64}), Each(kUntouched));
}

TEST_F(ServedContexts, LeaveAnOutputWhereItWasComputed) {
  notes_.output = {1, 2, 3, 4};
  notes_.computes_in_place = true;
  const auto copied = graph::TensorBytesCopied();
  const auto output = Compute({.slab = kSlab, .offset = 64, .bytes = 16});
  ASSERT_THAT(output, IsOk());
  EXPECT_TRUE(output->is_placed);
  EXPECT_EQ(graph::TensorBytesCopied(), copied);
}

TEST_F(ServedContexts, WriteNoOutputBeyondItsPiece) {
  notes_.output = {1, 2, 3, 4, 5};
  const auto output = Compute({.slab = kSlab, .offset = 64, .bytes = 16});
  ASSERT_THAT(output, IsOk());
  EXPECT_FALSE(output->is_placed);
  EXPECT_EQ(output->bytes, 20U);
  EXPECT_THAT(BytesOf({.slab = kSlab, .offset = 64, .bytes = 64}), Each(kUntouched));
  // It can be fetched into a piece of its size, and no other.
  const Piece room = {.slab = kOtherSlab, .offset = 0, .bytes = 20};
  for (const std::uint64_t bytes : {16U, 24U}) {
    EXPECT_THAT(
        context_.ReadOutput({.to = {.slab = kOtherSlab, .offset = 0, .bytes = bytes}}, slabs_),
        Fails(ErrorCode::kInvalidArgument, "the output has another size"));
  }
  EXPECT_THAT(BytesOf(room), Each(kUntouched));
  EXPECT_THAT(context_.ReadOutput({.to = room}, slabs_), IsOk());
  EXPECT_TRUE(std::ranges::equal(BytesOf(room), std::as_bytes(std::span(notes_.output))));
  EXPECT_THAT(context_.ReadOutput({.output = 1, .to = room}, slabs_),
              Fails(ErrorCode::kInvalidArgument, testing::_));
}

TEST_F(ServedContexts, NeedNoPlaceForAnEmptyOutput) {
  const auto output = Compute(Piece());
  ASSERT_THAT(output, IsOk());
  EXPECT_TRUE(output->is_placed);
  EXPECT_EQ(output->bytes, 0U);
}

TEST_F(ServedContexts, RefuseOtherNumbersOfTensorsAndMemoryThatIsNotThere) {
  const auto refuses = Fails(ErrorCode::kInvalidArgument, "the call has another number of tensors");
  EXPECT_THAT(context_.Compute({.inputs = {}, .outputs = {Piece()}}, slabs_), refuses);
  EXPECT_THAT(context_.Compute({.inputs = {input_}, .outputs = {}}, slabs_), refuses);
  EXPECT_THAT(context_.Compute({.inputs = {input_, input_}, .outputs = {Piece()}}, slabs_),
              refuses);
  const auto not_there = Fails(ErrorCode::kInvalidArgument, "a tensor's memory was never given");
  for (const Piece& piece : {Piece{.slab = 5, .offset = 0, .bytes = 16},
                             Piece{.slab = kSlab, .offset = kSlabBytes - 8, .bytes = 16},
                             Piece{.slab = kSlab, .offset = ~0ULL - 7, .bytes = 16},
                             Piece{.slab = kSlab, .offset = 0, .bytes = ~0ULL}}) {
    EXPECT_THAT(Compute(piece), not_there);
    InputPiece input = input_;
    input.piece = piece;
    EXPECT_THAT(Compute(input, Piece()), not_there);
    EXPECT_THAT(context_.ReadOutput({.to = piece}, slabs_), testing::Not(IsOk()));
  }
}

}  // namespace
}  // namespace namesake::backend_program
