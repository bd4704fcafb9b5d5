// Compiled forms that are kept between loads: one that is found is used, and one that is damaged is
// made again.
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/suite.h"
#include "namesake/compiled_cache.h"
#include "support/log_lines.h"
#include "support/models.h"

namespace namesake::backends {
namespace {

namespace fs = std::filesystem;

class Cache : public Suite {
 protected:
  std::vector<fs::path> Entries() const { return test::EntriesOf(cache_->directory()); }

  // Loads, infers, and returns whether the graph came from the cache.
  bool LoadHits(const OwnBackend& backend, const Model& model) const {
    const test::LogLines log;
    const auto graph = backend->Load(model, {.cache = cache_}, Deadline::Never());
    EXPECT_THAT(graph, IsOk());
    if (graph) ExpectRight(**graph);
    return log.Count("from the compiled cache") > 0;
  }
  bool LoadHits(const OwnBackend& backend) const { return LoadHits(backend, model_); }

  void ExpectRight(const Graph& graph) const {
    if (graph.inputs()[0].shape->size() != sample_.dims.size()) return;  // Another model.
    const auto context = NewContext(graph);
    ASSERT_THAT(context->SetInput(0, F32(sample_.dims, sample_.input)), IsOk());
    ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
    EXPECT_EQ(Floats(*context), sample_.output);
  }

  // Makes the entry of the model, and returns its path; empty if the backend keeps none here.
  fs::path MakeEntry() const {
    EXPECT_FALSE(LoadHits(OwnBackend(subject())));
    const auto entries = Entries();
    EXPECT_LE(entries.size(), 1U);
    return entries.empty() ? fs::path() : entries.front();
  }

  const Model model_ = *ModelFor(subject(), Purpose::kPlain);
  const Sample sample_ = PlainSample(subject());
  const test::ScratchDirectory scratch_;
  const std::shared_ptr<CompiledCache> cache_ =
      CompiledCache::Open(scratch_.path() / "cache").value();
};

std::string Content(const fs::path& path) {
  const Blob bytes = test::ReadBlob(path);
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

TEST_P(Cache, AHitIsTheSameGraph) {
  const OwnBackend backend(subject());
  EXPECT_FALSE(LoadHits(backend));
  if (!Claims(Capability::kCompiledForms)) {
    EXPECT_TRUE(Entries().empty());
    EXPECT_FALSE(LoadHits(backend));
    return;
  }
  // ONNX Runtime writes its forms to a path, which only a worker has for it.
  if (Entries().empty() && subject().isolation == Isolation::kProcess) return;
  ASSERT_EQ(Entries().size(), 1U);
  EXPECT_TRUE(LoadHits(backend));
  const OwnBackend other(subject());
  EXPECT_TRUE(LoadHits(other));
  const auto fresh = backend->Load(model_, {}, Deadline::Never());
  const auto hit = other->Load(model_, {.cache = cache_}, Deadline::Never());
  ASSERT_THAT(fresh, IsOk());
  ASSERT_THAT(hit, IsOk());
  EXPECT_EQ((*hit)->inputs(), (*fresh)->inputs());
  EXPECT_EQ((*hit)->outputs(), (*fresh)->outputs());
  EXPECT_EQ((*hit)->model_bytes(), (*fresh)->model_bytes());
  EXPECT_EQ(Entries().size(), 1U);
}

// A worker that other models have reached is not believed when it finds an entry damaged, so each
// damage is met by a worker that has seen nothing.
TEST_P(Cache, DamageIsAMissAndIsRepaired) {
  const fs::path entry = MakeEntry();
  if (entry.empty()) return;
  // Where the payload begins.
  const std::size_t payload = CachedFile::payload_offset();
  const auto flipped = [](std::string content, std::size_t at) {
    content[at] = static_cast<char>(~content[at]);
    return content;
  };
  const OwnBackend elsewhere(subject());
  EXPECT_FALSE(LoadHits(elsewhere, SameBytes(subject(), ElementType::kF32).front()));
  const auto entries = Entries();
  ASSERT_EQ(entries.size(), 2U);
  const std::string another = Content(entries[entries[0] == entry ? 1 : 0]);
  const std::string right = Content(entry);
  const std::vector<std::pair<std::string, std::string>> damages = {
      {"flipped in its header", flipped(right, 9)},
      {"flipped at its begin", flipped(right, payload)},
      {"flipped in its middle", flipped(right, (payload + right.size()) / 2)},
      {"flipped at its end", flipped(right, right.size() - 1)},
      {"cut off", right.substr(0, (payload + right.size()) / 2)},
      {"cut off in its header", right.substr(0, 20)},
      {"empty", ""},
      {"something else", std::string(right.size(), 'x')},
      {"of another key", another},
  };
  for (const auto& [what, content] : damages) {
    SCOPED_TRACE(what);
    const OwnBackend backend(subject());
    test::WriteFile(entry, content);
    EXPECT_FALSE(LoadHits(backend));
    EXPECT_TRUE(LoadHits(backend));
    EXPECT_NE(Content(entry), content);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Cache, testing::Range<std::size_t>(0, Subjects().size()), NameOf);

}  // namespace
}  // namespace namesake::backends
