// The place of a model's compiled form in the cache.
#include "graph/cache_slot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/log_lines.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr std::size_t kHeaderBytes = 4096;

// Says only what its forms are.
class FormBackend : public Backend {
 public:
  FormBackend(std::string name, FormIdentity identity)
      : name_(std::move(name)), identity_(std::move(identity)) {}

  std::string_view name() const override { return name_; }
  std::string version() const override { return "1"; }
  std::span<const Encoding> encodings() const override {
    static constexpr std::array kEncodings = {Encoding::kOnnx};
    return kEncodings;
  }
  std::vector<Device> Devices() const override { return {}; }
  Result<FormIdentity> IdentifyForm(const Model& /*model*/,
                                    const LoadOptions& /*options*/) const override {
    return identity_;
  }

 private:
  Result<std::shared_ptr<const Graph>> LoadLayout(const Model& /*model*/, ModelLayout /*layout*/,
                                                  const LoadOptions& /*options*/,
                                                  Deadline /*deadline*/) override {
    return std::unexpected(Error(ErrorCode::kUnsupported, "this backend loads nothing"));
  }

  std::string name_;
  FormIdentity identity_;
};

class CacheSlotTest : public testing::Test {
 protected:
  std::unique_ptr<CompiledSlot> Slot(const Backend& backend) const {
    const auto bytes = std::make_shared<const std::vector<std::byte>>(10);
    const ModelLayout layout = {.encoding = Encoding::kOnnx,
                                .parts = ModelLayout::Memory{.model = bytes, .weights = nullptr},
                                .bytes = bytes->size(),
                                .name = "photo"};
    auto slot = graph::FindSlot(backend, {}, layout, {.cache = cache_});
    EXPECT_TRUE(slot);
    return slot ? *std::move(slot) : nullptr;
  }
  static void StoreIn(CompiledSlot& slot, std::size_t entry_bytes) {
    slot.Store([&](std::ostream& out) { out << std::string(entry_bytes - kHeaderBytes, 'x'); });
  }
  std::string HexOf(const FormIdentity& identity) const {
    return Slot(FormBackend("b", identity))->key()->Hex();
  }

  test::TempDir dir_;
  std::shared_ptr<CompiledCache> cache_ =
      CompiledCache::Open(dir_.path() / "cache", {.max_bytes = 20'000}).value();
};

TEST_F(CacheSlotTest, TheKeyIsOfVersionAndDetails) {
  const std::string hex = HexOf({.version = "1", .details = "2"});
  EXPECT_EQ(HexOf({.version = "1", .details = "2"}), hex);
  EXPECT_NE(HexOf({.version = "2", .details = "2"}), hex);
  EXPECT_NE(HexOf({.version = "1", .details = "1"}), hex);
  EXPECT_NE(HexOf({.version = "12", .details = ""}), hex);
}

TEST_F(CacheSlotTest, WithoutAVersionThereIsNone) {
  EXPECT_EQ(Slot(FormBackend("b", {})), nullptr);
}

TEST_F(CacheSlotTest, AnEntryTellsItsOrigin) {
  StoreIn(*Slot(FormBackend("b", {.version = "1", .details = "cpu"})), 10'000);
  const auto entries = cache_->Entries().value();
  ASSERT_THAT(entries, SizeIs(1));
  ASSERT_TRUE(entries[0].origin);
  EXPECT_EQ(entries[0].origin->backend, "b");
  EXPECT_EQ(entries[0].origin->version, "1");
  EXPECT_EQ(entries[0].origin->model, "photo");
  EXPECT_EQ(entries[0].origin->encoding, "onnx");
}

// A backend whose models are all found stores nothing, and its old entries go first all the same.
TEST_F(CacheSlotTest, ALookupTellsTheVersion) {
  const FormBackend other("other", {.version = "1"});
  StoreIn(*Slot(other), 6'000);
  StoreIn(*Slot(FormBackend("b", {.version = "1"})), 6'000);
  EXPECT_TRUE(Slot(FormBackend("b", {.version = "1"}))->Find());
  Slot(FormBackend("b", {.version = "2"}));
  StoreIn(*Slot(FormBackend("third", {.version = "1"})), 9'000);
  std::vector<std::string> backends;
  const std::vector<EntryStatus> entries = cache_->Entries().value();
  for (const EntryStatus& entry : entries) {
    backends.push_back(entry.origin->backend);
  }
  EXPECT_THAT(backends, ElementsAre("third", "other"));
}

// Each time: it says nothing of other models.
TEST_F(CacheSlotTest, AFormBeyondTheLimitIsAWarning) {
  const test::LogLines log;
  const FormBackend backend("b", {.version = "1"});
  StoreIn(*Slot(backend), 30'000);
  StoreIn(*Slot(backend), 30'000);
  const std::string warning =
      "photo is not kept in the compiled cache: its compiled form of 29.3 KiB exceeds the limit "
      "max_cache_bytes = 20 kB of the host";
  EXPECT_THAT(log.Warnings(), ElementsAre(warning, warning));
  EXPECT_TRUE(cache_->TakeFirstFailure());
}

}  // namespace
}  // namespace namesake
