// A worker's context lets its backend compute only in memory that the current call gives it.
#include "backend_program/served_context.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/fail.h"
#include "base/file.h"
#include "support/matchers.h"

namespace namesake::backend_program {
namespace {

using test::IsOk;
using testing::ElementsAre;

constexpr std::uint64_t kSlab = 3;
constexpr std::size_t kSlabBytes = 4096;

// Notes where it may compute, as offsets into the slab, or "none"; puts out nothing.
using Places = std::vector<std::string>;

class NotingContext : public ExecutionContext {
 public:
  NotingContext(std::shared_ptr<const Graph> graph, const std::byte* slab, Places& places)
      : ExecutionContext(std::move(graph)), slab_(slab), places_(places) {}

 private:
  Result<void> CopyInput(std::size_t /*index*/, const TensorView& /*tensor*/) override {
    return {};
  }
  Result<void> Run(Deadline /*deadline*/) override { return {}; }
  Result<TensorView> ReadOutput(std::size_t /*index*/) override {
    return TensorView{.type = ElementType::kF32, .dims = kNone, .data = {}};
  }
  void TakeOutputMemory(std::size_t /*index*/, std::shared_ptr<std::byte> memory,
                        std::size_t size) override {
    places_.push_back(memory == nullptr ? "none"
                                        : fmt::format("{} at {}", size, memory.get() - slab_));
  }

  static constexpr std::array<std::uint64_t, 1> kNone = {0};
  const std::byte* slab_;
  Places& places_;
};

class NotingGraph : public Graph {
 public:
  NotingGraph()
      : Graph({}, {TensorInfo{.name = "y", .type = ElementType::kF32, .shape = {{{.min = 0}}}}}, 0,
              Encoding::kOnnx, {}) {}
  Result<std::unique_ptr<ExecutionContext>> NewContext(const Placement& /*of*/) const override {
    return base::Fail(ErrorCode::kUnsupported, "made by the test");
  }
};

TEST(ServedContext, TakesBackWhatTheNextCallDoesNotGive) {
  SlabMaps slabs;
  const base::FileDescriptor file(::memfd_create("slab", MFD_CLOEXEC));
  ASSERT_EQ(::ftruncate(file.get(), kSlabBytes), 0);
  ASSERT_THAT(slabs.Add({.id = kSlab, .bytes = kSlabBytes, .writable = true}, file), IsOk());
  const auto slab = slabs.Find({.slab = kSlab, .offset = 0, .bytes = 1});
  ASSERT_THAT(slab, IsOk());
  Places places;
  ServedContext context(
      std::make_unique<NotingContext>(std::make_shared<NotingGraph>(), slab->get(), places));
  const protocol::Piece none;
  const protocol::Piece first = {.slab = kSlab, .offset = 64, .bytes = 16};
  const protocol::Piece second = {.slab = kSlab, .offset = 128, .bytes = 32};
  for (const auto& piece : {none, first, first, none, none, first, second, none}) {
    EXPECT_THAT(context.Compute({.outputs = {piece}}, slabs), IsOk());
  }
  EXPECT_THAT(places, ElementsAre("16 at 64", "none", "16 at 64", "32 at 128", "none"));
}

}  // namespace
}  // namespace namesake::backend_program
