// Models that are damaged, cut off, or not what they are said to be.
#include <chrono>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "backends/suite.h"

namespace namesake::backends {
namespace {

class Damage : public Suite {
 protected:
  // The fake backend's models are text, of which any part may be a model.
  bool has_format() const { return subject().name != "fake"; }

  static Model FromBytes(Encoding encoding, std::string_view bytes) {
    const auto all = std::as_bytes(std::span(bytes.data(), bytes.size()));
    std::vector<Blob> parts = {
        std::make_shared<const std::vector<std::byte>>(all.begin(), all.end())};
    return {.encoding = encoding, .source = ModelBytes{.parts = std::move(parts)}};
  }
  std::string Content() const {
    const auto model = ModelFor(subject(), Purpose::kPlain);
    std::ifstream file(std::get<ModelFiles>(model->source).paths.front(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

// Whatever is left of a model loads or is refused, and the backend goes on.
TEST_P(Damage, PrefixesLoadOrAreRefused) {
  if (!has_format()) return;
  const std::string content = Content();
  constexpr std::size_t kCuts = 64;
  int refused = 0;
  for (std::size_t i = 0; i < kCuts; ++i) {
    const auto graph =
        Load(FromBytes(subject().encoding, content.substr(0, content.size() * i / kCuts)));
    if (graph) continue;
    ++refused;
    EXPECT_NE(graph.error().code(), ErrorCode::kNotFound);
    EXPECT_NE(graph.error().message(), "");
  }
  EXPECT_GT(refused, 0);
  EXPECT_THAT(Load(*ModelFor(subject(), Purpose::kPlain)), IsOk());
}

// A damaged file may still be a model, with other operations and other sizes. No library promises
// to live through any of them, and a host has workers for that: in its own process it loads only
// what the operator trusts. So this is not for backends in this process.
TEST_P(Damage, FlippedBytesLoadOrAreRefused) {
  if (!has_format() || subject().isolation == Isolation::kProcess) return;
  const Sample sample = PlainSample(subject());
  const std::string content = Content();
  constexpr std::size_t kFlips = 64;
  for (std::size_t i = 0; i < kFlips; ++i) {
    const std::size_t at = content.size() * i / kFlips;
    SCOPED_TRACE(at);
    std::string flipped = content;
    flipped[at] = static_cast<char>(~flipped[at]);
    const auto graph = Load(FromBytes(subject().encoding, flipped));
    if (!graph) {
      EXPECT_NE(graph.error().code(), ErrorCode::kNotFound);
      EXPECT_NE(graph.error().message(), "");
      continue;
    }
    const auto context = NewContext(**graph);
    if (!context->SetInput(0, F32(sample.dims, sample.input))) continue;
    // Whatever it is now, it gives an answer or an error.
    const auto computed = context->Compute(Deadline::After(std::chrono::seconds(5)));
    EXPECT_TRUE(computed || !computed.error().message().empty());
  }
  const auto graph = LoadFor(Purpose::kPlain);
  const auto context = NewContext(*graph);
  ASSERT_THAT(context->SetInput(0, F32(sample.dims, sample.input)), IsOk());
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  EXPECT_EQ(Floats(*context), sample.output);
}

TEST_P(Damage, AnEmptyModelIsRefused) {
  if (!has_format()) return;
  const auto graph = Load(FromBytes(subject().encoding, ""));
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code(), ErrorCode::kInvalidArgument);
}

TEST_P(Damage, ContentOfAnotherEncodingIsRefused) {
  if (!has_format()) return;
  const std::string content = Content();
  for (const Encoding other : backend().encodings()) {
    if (other == subject().encoding) continue;
    EXPECT_FALSE(Load(FromBytes(other, content))) << EncodingName(other);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Damage, testing::Range<std::size_t>(0, Subjects().size()), NameOf);

}  // namespace
}  // namespace namesake::backends
