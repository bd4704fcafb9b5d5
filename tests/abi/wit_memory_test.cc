// What tensors and models cost between a guest and a backend: copies, bytes, and leftovers.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#if defined(NAMESAKE_TEST_ADDRESS_SANITIZER)
// Part of the sanitizer's library; its header is not installed everywhere.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#else
#include <malloc.h>
#endif

#include "abi/abi_host.h"
#include "abi/probe_guest.h"
#include "graph/tensor_copy.h"
#include "support/matchers.h"

namespace namesake::test {
namespace {

using ::testing::ElementsAre;

std::string TestName(const ::testing::TestParamInfo<std::string_view>& abi) {
  std::string name = "wasi_nn_" + std::string(abi.param);
  std::ranges::replace(name, '-', '_');
  return name;
}

class WitMemory : public ::testing::TestWithParam<std::string_view> {
 protected:
  AbiHost host_;
};

INSTANTIATE_TEST_SUITE_P(Versions, WitMemory, ::testing::ValuesIn(WitAbis()), TestName);

struct Copies {
  ProbeRun run;
  std::vector<std::uint64_t> bytes;  // For each command.
};

// The guest's thread counts, and its total is known only when it has ended. So each command is the
// last one of a separate run with its own view.
Copies CountCopies(std::string_view abi, AbiHost& host, const TenantOptions& tenant,
                   const std::vector<std::string>& commands) {
  Copies copies;
  std::uint64_t before = 0;
  for (std::size_t count = 1; count <= commands.size(); ++count) {
    const auto view = host.NewView(tenant);
    const std::uint64_t start = graph::TensorBytesCopied();
    copies.run =
        RunProbe(abi, *view, {commands.begin(), commands.begin() + static_cast<long>(count)});
    const std::uint64_t all = graph::TensorBytesCopied() - start;
    copies.bytes.push_back(all - before);
    before = all;
  }
  return copies;
}

const std::vector<std::string> kOneInference = {"load-by-name identity",
                                                "context g1",
                                                "tensor 2,3 f32 f32:1,2,3,4,5,6",
                                                "infer c1 0 t1",
                                                "get-output c1 0",
                                                "get-output c1 0",
                                                "compute c1",
                                                "get-output c1 0",
                                                "drop t1",
                                                "touch 2,3 f32 zeros:24"};

// The runs with one, two and three commands stop before the inference.
const int kRunsThatInfer = static_cast<int>(kOneInference.size()) - 3;

// The probe makes a new tensor for the call to take, which is the second copy in.
TEST_P(WitMemory, ATensorIsCopiedOnceWhereItIsMadeAndOnceWhereItIsRead) {
  const Copies copies = CountCopies(GetParam(), host_, {.name = "copies"}, kOneInference);
  ASSERT_EQ(copies.run.end, "exit 0") << copies.run.backtrace;
  EXPECT_THAT(copies.run.lines,
              ElementsAre("g1", "c1", "t1", "ok",
                          "bytes 24 0000803f0000004000004040000080400000a0400000c040",
                          "bytes 24 0000803f0000004000004040000080400000a0400000c040", "ok",
                          "bytes 24 0000803f0000004000004040000080400000a0400000c040", "ok", "ok"));
  EXPECT_THAT(copies.bytes, ElementsAre(0, 0, 24, 24, 24, 24, 0, 24, 0, 24));
  EXPECT_EQ(host_.counters().inputs_bound, kRunsThatInfer);
  EXPECT_EQ(host_.counters().input_bytes_copied, 0U);
}

// A module's tensors are in its own memory, so there is nothing to bind.
TEST(WitxMemory, ATensorIsCopiedOnceWhereItIsSetAndOnceWhereItIsRead) {
  AbiHost host;
  const Copies copies = CountCopies(kWitx, host, {.name = "copies"}, kOneInference);
  ASSERT_EQ(copies.run.end, "exit 0") << copies.run.backtrace;
  EXPECT_THAT(copies.bytes, ElementsAre(0, 0, 0, 24, 24, 24, 0, 24, 0, 0));
  EXPECT_EQ(host.counters().inputs_bound, 0);
  EXPECT_EQ(host.counters().input_bytes_copied, 24U * static_cast<unsigned>(kRunsThatInfer));
}

constexpr std::uint64_t kLarge = std::uint64_t{64} << 20;

// The probe's hash of `count` zeros.
std::string ZerosText(std::uint64_t count) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (std::uint64_t i = 0; i < count; ++i) hash *= 0x100000001b3U;
  return fmt::format("bytes {} fnv1a {:016x}", count, hash);
}

TEST_P(WitMemory, ATensorOf64MibiBytesGoesInAndOut) {
  const Copies copies =
      CountCopies(GetParam(), host_, {.name = "large"},
                  {"load-by-name any", "context g1", fmt::format("tensor {0} u8 zeros:{0}", kLarge),
                   "infer c1 0 t1", "drop t1", "get-output c1 0"});
  ASSERT_EQ(copies.run.end, "exit 0") << copies.run.backtrace;
  EXPECT_THAT(copies.run.lines, ElementsAre("g1", "c1", "t1", "ok", "ok", ZerosText(kLarge)));
  EXPECT_THAT(copies.bytes, ElementsAre(0, 0, kLarge, kLarge, 0, kLarge));
}

TEST_P(WitMemory, ATensorBeyondTheLimitIsTooLargeAndCopiedNowhere) {
  const TenantOptions limited{.name = "limited",
                              .instance_limits = {.max_tensor_bytes = std::uint64_t{1} << 20}};
  const Copies copies =
      CountCopies(GetParam(), host_, limited,
                  {"load-by-name any", "context g1", fmt::format("tensor {0} u8 zeros:{0}", kLarge),
                   "infer c1 0 t1", "tensor 1 u8 hex:07", "infer c1 0 t2"});
  ASSERT_EQ(copies.run.end, "exit 0") << copies.run.backtrace;
  EXPECT_THAT(copies.run.lines,
              ElementsAre("g1", "c1", "t1",
                          "error too-large: a tensor of 64 MiB is above max_tensor_bytes = "
                          "1 MiB of this instance",
                          "t2", "ok"));
  EXPECT_THAT(copies.bytes, ElementsAre(0, 0, 0, 0, 1, 1));
}

// Accepts anything as a model of one byte.
class HeavyBackend : public fake::Backend {
 public:
  HeavyBackend(fake::Counters& counters, std::atomic<std::uint64_t>& loaded_bytes)
      : fake::Backend({Encoding::kOnnx}, counters), loaded_bytes_(loaded_bytes) {}

  Result<ModelLayout> Layout(const Model& model) const override {
    return ModelLayout{.encoding = model.encoding, .bytes = SizeOf(model)};
  }

  Result<std::shared_ptr<const Graph>> LoadLayout(const Model& model, ModelLayout layout,
                                                  const LoadOptions& options,
                                                  Deadline deadline) override {
    loaded_bytes_ = SizeOf(model);
    return fake::Backend::LoadLayout(fake::NewModel("io u8 1"), std::move(layout), options,
                                     deadline);
  }

 private:
  static std::uint64_t SizeOf(const Model& model) {
    const auto& parts = std::get<ModelBytes>(model.source).parts;
    return std::accumulate(parts.begin(), parts.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const Blob& part) { return sum + part->size(); });
  }

  std::atomic<std::uint64_t>& loaded_bytes_;
};

class WitHeavyModel : public ::testing::Test {
 protected:
  WitHeavyModel() {
    HostOptions options{.isolation = Isolation::kProcess};
    options.backends.push_back(std::make_unique<HeavyBackend>(counters_, loaded_bytes_));
    host_ = Host::Create(std::move(options)).value();
  }

  fake::Counters counters_;
  std::atomic<std::uint64_t> loaded_bytes_ = 0;
  std::unique_ptr<Host> host_;
};

// Limits the guest's memory, which determines how much a call may pass.
TEST_F(WitHeavyModel, AModelOf500MegabytesIsLoadedFromTheGuestsMemory) {
  const auto view = host_->NewView();
  const ProbeRun run =
      RunProbe(kWit1028, *view, {"load onnx cpu zeros:500000000", "context g1", "drop g1"},
               {.max_memory_bytes = std::uint64_t{600} << 20});
  EXPECT_EQ(run.end, "exit 0") << run.backtrace;
  EXPECT_THAT(run.lines, ElementsAre("g1", "c1", "ok"));
  EXPECT_EQ(loaded_bytes_, 500'000'000U);
}

TEST_F(WitHeavyModel, BeyondTheLimitItIsTooLarge) {
  Authority authority{.tenant = host_->default_tenant()};
  authority.limits.emplace().max_model_bytes = std::uint64_t{100} << 20;
  const auto view = host_->NewView(std::move(authority));
  const ProbeRun run =
      RunProbe(kWit0625, *view, {"load onnx cpu zeros:500000000", "load onnx cpu zeros:5"},
               {.max_memory_bytes = std::uint64_t{600} << 20});
  EXPECT_EQ(run.end, "exit 0") << run.backtrace;
  EXPECT_THAT(run.lines, ElementsAre("error too-large: a model of 500 MB is above "
                                     "max_model_bytes = 100 MiB of this instance",
                                     "g1"));
  EXPECT_EQ(loaded_bytes_, 5U);
}

// The bytes that the process has allocated and not freed; guest memory is mapped elsewhere.
std::uint64_t HeapBytes() {
#if defined(NAMESAKE_TEST_ADDRESS_SANITIZER)
  return __sanitizer_get_current_allocated_bytes();
#else
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

// Returns the heap growth between the first 100 and all 20,000 repetitions of the last command.
std::int64_t Growth(std::string_view abi, View& view, std::vector<std::string> first,
                    const std::string& command) {
  first.push_back("repeat 100 " + command);
  first.push_back("repeat 20000 " + command);
  std::vector<std::uint64_t> heap;
  const ProbeRun run =
      RunProbe(abi, view, std::move(first),
               {.on_line = [&](std::string_view) { heap.push_back(HeapBytes()); }});
  EXPECT_EQ(run.end, "exit 0") << run.backtrace;
  EXPECT_THAT(run.lines.back(), ::testing::EndsWith("(20000 times)"));
  return static_cast<std::int64_t>(heap.back() - heap[heap.size() - 2]);
}

// Less than one pointer per repetition. What is made once, at whatever time, is less.
constexpr std::int64_t kNoGrowth = 20'000 * 8;

TEST_P(WitMemory, TensorsThatAreDroppedLeaveNothing) {
  const auto view = host_.NewView({.name = "many"});
  EXPECT_LT(Growth(GetParam(), *view, {}, "touch 2,3 f32 f32:1,2,3,4,5,6"), kNoGrowth);
  EXPECT_EQ(view->account().used(Resource::kTensors), 0U);
  EXPECT_EQ(view->account().used(Resource::kTensorBytes), 0U);
}

TEST_P(WitMemory, ErrorsThatAreDroppedLeaveNothing) {
  const auto view = host_.NewView({.name = "many"});
  EXPECT_LT(Growth(GetParam(), *view, {}, "load-by-name nobody"), kNoGrowth);
}

TEST_P(WitMemory, InferencesLeaveNothing) {
  const auto view = host_.NewView({.name = "many"});
  const std::vector<std::string> first = {"load-by-name any", "context g1", "tensor 8 u8 zeros:8"};
  EXPECT_LT(Growth(GetParam(), *view, first, "infer c1 0 t1"), kNoGrowth);
  EXPECT_EQ(host_.counters().computes, 20'100);
}

}  // namespace
}  // namespace namesake::test
