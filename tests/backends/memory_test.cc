// Loads and unloads leave nothing behind, in this process or in the worker that has the graphs.
#include <cstdint>

#include "backends/suite.h"
#include "support/gate.h"
#include "support/resident.h"

namespace namesake::backends {
namespace {

class Memory : public Suite {
 protected:
  void LoadAndInfer(int times) {
    const Model model = *ModelFor(subject(), Purpose::kPlain);
    const Sample sample = PlainSample(subject());
    for (int i = 0; i < times; ++i) {
      const auto graph = backend_->Load(model, {}, Deadline::Never());
      ASSERT_THAT(graph, IsOk());
      const auto context = NewContext(**graph);
      ASSERT_THAT(context->SetInput(0, F32(sample.dims, sample.input)), IsOk());
      ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
      ASSERT_EQ(Floats(*context), sample.output);
    }
  }

  std::uint64_t Resident() const {
    return subject().program ? test::ResidentBytes(backend_.Worker())
                             : test::ResidentBytesAfterTrim();
  }

  const OwnBackend backend_{subject()};
};

// The library keeps something for its first models, and its allocator something for each of its
// threads: these are there after the warm-up. A worker lets go of the last graphs when it hears of
// it, and its allocator keeps some of what is free. The smallest of these graphs takes 64 KB, so
// 200 of them would take twice the slack.
TEST_P(Memory, LoadsAndUnloadsLeaveNothing) {
  constexpr std::uint64_t kSlack = std::uint64_t{6} << 20;
  LoadAndInfer(40);
  const std::uint64_t before = Resident();
  LoadAndInfer(200);
  EXPECT_TRUE(test::Eventually([&] { return Resident() < before + kSlack; }))
      << before << " bytes became " << Resident();
}

INSTANTIATE_TEST_SUITE_P(All, Memory, testing::Range<std::size_t>(0, Subjects().size()), NameOf);

}  // namespace
}  // namespace namesake::backends
