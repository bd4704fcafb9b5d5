// Compares the process's real memory with each limit on bytes: when a guest is refused more, what
// it holds is not far above the limit.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/host.h"
#include "namesake/openvino.h"
#include "support/matchers.h"
#include "support/resident.h"

namespace namesake {
namespace {

using test::IsOk;
using test::ResidentBytesAfterTrim;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kLimit = 128 * kMiB;
constexpr std::uint64_t kTensor = 16 * kMiB;
// A generous allowance for what a context, a graph and OpenVINO itself take in addition to tensors
// and weights. Memory that is not counted at all would be several times as much.
constexpr std::uint64_t kBeside = 32 * kMiB;
// The test gives up after this many successful calls.
constexpr int kMostTries = 64;

std::string Port(int id, const std::string& dims) {
  return "<port id=\"" + std::to_string(id) + "\" precision=\"FP32\">" + dims + "</port>";
}

// Takes and returns f32 [elements].
std::string Relu(const std::string& elements) {
  const std::string dims = "<dim>-1</dim>";
  return "<net name=\"relu\" version=\"11\"><layers>"
         "<layer id=\"0\" name=\"x\" type=\"Parameter\" version=\"opset1\"><data shape=\"" +
         elements + "\" element_type=\"f32\"/><output>" + Port(0, dims) +
         "</output></layer>"
         "<layer id=\"1\" name=\"y\" type=\"ReLU\" version=\"opset1\"><input>" +
         Port(0, dims) + "</input><output>" + Port(1, dims) +
         "</output></layer>"
         "<layer id=\"2\" name=\"r\" type=\"Result\" version=\"opset1\"><input>" +
         Port(0, dims) +
         "</input></layer></layers><edges>"
         "<edge from-layer=\"0\" from-port=\"0\" to-layer=\"1\" to-port=\"0\"/>"
         "<edge from-layer=\"1\" from-port=\"1\" to-layer=\"2\" to-port=\"0\"/></edges></net>";
}

// Like Relu of variable size, with a second output of the same input that fails for any size but
// one.
std::string FailingRelu() {
  const std::string dims = "<dim>-1</dim>";
  std::string model = Relu("?");
  const auto add = [&](const std::string& before, const std::string& text) {
    model.insert(model.find(before), text);
  };
  add("</layers>",
      "<layer id=\"3\" name=\"seven\" type=\"Const\" version=\"opset1\"><data element_type=\"i64\" "
      "shape=\"1\" offset=\"0\" size=\"8\"/><output><port id=\"0\" precision=\"I64\"><dim>1</dim>"
      "</port></output></layer>"
      "<layer id=\"4\" name=\"z\" type=\"Reshape\" version=\"opset1\"><data "
      "special_zero=\"false\"/><input>" +
          Port(0, dims) + "<port id=\"1\" precision=\"I64\"><dim>1</dim></port></input><output>" +
          Port(2, "<dim>7</dim>") +
          "</output></layer>"
          "<layer id=\"5\" name=\"s\" type=\"Result\" version=\"opset1\"><input>" +
          Port(0, "<dim>7</dim>") + "</input></layer>");
  add("</edges>",
      "<edge from-layer=\"1\" from-port=\"1\" to-layer=\"4\" to-port=\"0\"/>"
      "<edge from-layer=\"3\" from-port=\"0\" to-layer=\"4\" to-port=\"1\"/>"
      "<edge from-layer=\"4\" from-port=\"2\" to-layer=\"5\" to-port=\"0\"/>");
  return model;
}

constexpr std::uint64_t kRows = 2048;
constexpr std::uint64_t kWeights = kRows * kRows * sizeof(float);

// Multiplies f32 [1,rows] with weights of [rows,rows].
std::string Multiply() {
  const std::string rows = std::to_string(kRows);
  const std::string row = "<dim>1</dim><dim>" + rows + "</dim>";
  const std::string square = "<dim>" + rows + "</dim><dim>" + rows + "</dim>";
  return "<net name=\"multiply\" version=\"11\"><layers>"
         "<layer id=\"0\" name=\"x\" type=\"Parameter\" version=\"opset1\"><data shape=\"1," +
         rows + "\" element_type=\"f32\"/><output>" + Port(0, row) +
         "</output></layer>"
         "<layer id=\"1\" name=\"w\" type=\"Const\" version=\"opset1\"><data element_type=\"f32\" "
         "shape=\"" +
         rows + "," + rows + "\" offset=\"0\" size=\"" + std::to_string(kWeights) + "\"/><output>" +
         Port(0, square) +
         "</output></layer>"
         "<layer id=\"2\" name=\"y\" type=\"MatMul\" version=\"opset1\"><data "
         "transpose_a=\"false\" transpose_b=\"false\"/><input>" +
         Port(0, row) + Port(1, square) + "</input><output>" + Port(2, row) +
         "</output></layer>"
         "<layer id=\"3\" name=\"r\" type=\"Result\" version=\"opset1\"><input>" +
         Port(0, row) +
         "</input></layer></layers><edges>"
         "<edge from-layer=\"0\" from-port=\"0\" to-layer=\"2\" to-port=\"0\"/>"
         "<edge from-layer=\"1\" from-port=\"0\" to-layer=\"2\" to-port=\"1\"/>"
         "<edge from-layer=\"2\" from-port=\"2\" to-layer=\"3\" to-port=\"0\"/></edges></net>";
}

class Memory : public testing::Test {
 protected:
  Memory() {
    // Otherwise freed memory stays with the process, for later allocations of that size.
    ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
    HostOptions options{.isolation = Isolation::kProcess};
    options.backends.push_back(NewOpenVinoBackend());
    host_ = Host::Create(std::move(options)).value();
  }

  void Limit(const std::function<void(InstanceLimits&)>& set) {
    InstanceLimits limits;
    limits.max_contexts = std::nullopt;
    set(limits);
    view_ = host_->NewView({.tenant = host_->default_tenant(), .limits = limits});
  }
  void LimitTensors() {
    Limit([](InstanceLimits& limits) { limits.max_total_tensor_bytes = kLimit; });
  }

  Result<GraphHandle> Load(std::string_view xml, std::string_view weights = "") {
    const std::vector parts = {std::as_bytes(std::span(xml)), std::as_bytes(std::span(weights))};
    return view_->Load(parts, Encoding::kOpenVino, Target::kCpu);
  }

  TensorView Tensor(std::uint64_t bytes) {
    dims_ = {bytes / sizeof(float)};
    data_.assign(bytes, std::byte{0x3F});
    return {.type = ElementType::kF32, .dims = dims_, .data = data_};
  }
  Result<void> Infer(ContextHandle context, std::uint64_t bytes) {
    if (auto set = view_->SetInput(context, 0, Tensor(bytes)); !set) return set;
    return view_->Compute(context);
  }

  // Repeats the call until the limit refuses it, and compares the memory that the process has then.
  void ExpectBounded(const std::function<Result<void>()>& call, std::uint64_t limit = kLimit,
                     std::uint64_t beside = kBeside) {
    const std::uint64_t before = ResidentBytesAfterTrim();
    std::optional<Error> refused;
    for (int i = 0; i < kMostTries && !refused; ++i) {
      if (auto done = call(); !done) refused = done.error();
    }
    ASSERT_TRUE(refused.has_value());
    EXPECT_FALSE(refused->limit().empty()) << refused->message();
    EXPECT_THAT(refused->code(),
                testing::AnyOf(ErrorCode::kTooLarge, ErrorCode::kResourceExhausted));
    const std::uint64_t after = ResidentBytesAfterTrim();
    EXPECT_LT(after, before + limit + beside) << (after - before) / kMiB << " MiB more";
  }

  std::unique_ptr<Host> host_;
  std::unique_ptr<View> view_;
  std::vector<std::uint64_t> dims_;
  std::vector<std::byte> data_;
};

TEST_F(Memory, OfContextsThatComputedOnLargeTensorsAndThenOnSmallOnes) {
  LimitTensors();
  const GraphHandle graph = Load(Relu("?")).value();
  ExpectBounded([&]() -> Result<void> {
    const auto context = view_->InitExecutionContext(graph);
    if (!context) return std::unexpected(context.error());
    if (auto large = Infer(*context, kTensor); !large) return large;
    return Infer(*context, sizeof(float));
  });
}

TEST_F(Memory, OfContextsOfFixedTensors) {
  LimitTensors();
  const GraphHandle graph = Load(Relu(std::to_string(kTensor / sizeof(float)))).value();
  ExpectBounded([&]() -> Result<void> {
    const auto context = view_->InitExecutionContext(graph);
    if (!context) return std::unexpected(context.error());
    return Infer(*context, kTensor);
  });
}

// The context computes on a tensor instead of its own memory, which the guest filled before.
TEST_F(Memory, OfContextsThatHoldWhatTheGuestHasDropped) {
  LimitTensors();
  const GraphHandle graph = Load(Relu(std::to_string(kTensor / sizeof(float)))).value();
  ExpectBounded([&]() -> Result<void> {
    const auto context = view_->InitExecutionContext(graph);
    if (!context) return std::unexpected(context.error());
    if (auto inferred = Infer(*context, kTensor); !inferred) return inferred;
    auto tensor = view_->NewTensor(Tensor(kTensor));
    if (!tensor) return std::unexpected(tensor.error());
    return view_->ShareInput(*context, 0, tensor->tensor);
  });
}

// The large output exists when the inference fails, but nobody may have it.
TEST_F(Memory, OfInferencesThatFail) {
  LimitTensors();
  const GraphHandle graph = Load(FailingRelu(), std::string("\7\0\0\0\0\0\0\0", 8)).value();
  ASSERT_THAT(Infer(view_->InitExecutionContext(graph).value(), 7 * sizeof(float)), IsOk());
  ExpectBounded([&]() -> Result<void> {
    const auto context = view_->InitExecutionContext(graph);
    if (!context) return std::unexpected(context.error());
    if (auto set = view_->SetInput(*context, 0, Tensor(kTensor)); !set) return set;
    const auto failed = view_->Compute(*context);
    EXPECT_FALSE(failed);
    // The input is still set.
    const auto again = view_->Compute(*context);
    EXPECT_EQ(again.error().detail(), failed.error().detail());
    return {};
  });
}

TEST_F(Memory, OfOutputsThatAreKept) {
  for (const std::string& elements : {std::to_string(kTensor / sizeof(float)), std::string("?")}) {
    SCOPED_TRACE(elements);
    LimitTensors();
    const GraphHandle graph = Load(Relu(elements)).value();
    const ContextHandle context = view_->InitExecutionContext(graph).value();
    std::vector<HeldTensor> kept;
    ExpectBounded([&]() -> Result<void> {
      if (auto inferred = Infer(context, kTensor); !inferred) return inferred;
      auto output = view_->ShareOutput(context, 0);
      if (!output) return std::unexpected(output.error());
      kept.push_back(*std::move(output));
      return {};
    });
  }
}

TEST_F(Memory, OfSmallOutputsThatOutliveLargeOnesOfTheirContexts) {
  LimitTensors();
  const GraphHandle graph = Load(Relu("?")).value();
  std::vector<HeldTensor> kept;
  const auto keep_one = [&] {
    const auto context = view_->InitExecutionContext(graph);
    ASSERT_THAT(context, IsOk());
    ASSERT_THAT(Infer(*context, kTensor), IsOk());
    ASSERT_THAT(Infer(*context, sizeof(float)), IsOk());
    kept.push_back(view_->ShareOutput(*context, 0).value());
    ASSERT_THAT(view_->FinalizeExecutionContext(*context), IsOk());
  };
  keep_one();  // From then on, the graph's own memory is included.
  const std::uint64_t before = ResidentBytesAfterTrim();
  for (int i = 0; i < kMostTries; ++i) keep_one();
  const std::uint64_t after = ResidentBytesAfterTrim();
  EXPECT_LT(after, before + kBeside) << (after - before) / kMiB << " MiB more";
}

TEST_F(Memory, OfTensorsOfTheGuestsOwn) {
  LimitTensors();
  std::vector<HeldTensor> held;
  ExpectBounded([&]() -> Result<void> {
    auto tensor = view_->NewTensor(Tensor(kTensor));
    if (!tensor) return std::unexpected(tensor.error());
    held.push_back(*std::move(tensor));
    return {};
  });
}

// OpenVINO keeps a reordered copy of the weights next to the original ones.
TEST_F(Memory, OfModelsThatTheGuestBrings) {
  Limit([](InstanceLimits& limits) { limits.max_total_model_bytes = kLimit; });
  std::string weights(kWeights, '\x3f');
  std::uint8_t number = 0;
  ExpectBounded(
      [&]() -> Result<void> {
        weights[0] = static_cast<char>(++number);
        const auto graph = Load(Multiply(), weights);
        if (!graph) return std::unexpected(graph.error());
        return {};
      },
      3 * kLimit);
}

}  // namespace
}  // namespace namesake
