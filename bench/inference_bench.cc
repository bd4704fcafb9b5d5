// What an inference costs a guest, compared with the same loop in native C++.
//
// Each benchmark alternates between both sides, A B A B …, so that changes in the machine's speed
// affect both. The counters show each side's median and the ratio of the medians. SharedTensors
// calls the host's functions directly instead of a guest, with a shared input and a kept output.
// The native side is what a program writes that uses OpenVINO directly: copy in, infer, copy out,
// with the same model and settings.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <openvino/openvino.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "module_guest.h"
#include "namesake/guest.h"
#include "namesake/host.h"
#include "namesake/openvino.h"
#include "paired.h"

namespace namesake::bench {
namespace {

const std::string kModel = NAMESAKE_SOURCE_DIR "/examples/models/efficientnet-lite0.onnx";
constexpr std::size_t kInputBytes = 602'112;  // f32 [1,3,224,224]
constexpr std::array<std::uint64_t, 4> kInputDims = {1, 3, 224, 224};
constexpr std::size_t kPage = 4096;
constexpr std::size_t kOutputBytes = 4'000;  // f32 [1,1000]

class GuestSide {
 public:
  GuestSide() {
    HostOptions options{.isolation = Isolation::kProcess};
    options.backends.push_back(NewOpenVinoBackend());
    host_ = Must(Host::Create(std::move(options)));
    Must(host_->Register("model", {.encoding = Encoding::kOnnx, .source = ModelFiles{{kModel}}}));
    view_ = host_->NewView();
    engine_ = Must(GuestEngine::Create({.interruptible = false}));
    const auto program =
        Must(engine_->Load(std::as_bytes(std::span(std::string_view(kModuleGuest))), "guest.wat"));
    guest_ = std::make_unique<Guest>(Must(program.NewGuest(*view_)));
    guest_->Run();
  }

  void Call(const char* function) { Must(guest_->Call(function)); }

 private:
  std::unique_ptr<Host> host_;
  std::unique_ptr<View> view_;
  std::shared_ptr<GuestEngine> engine_;
  std::unique_ptr<Guest> guest_;
};

// An execution context that computes on a shared tensor and lends its output, without copies.
class SharedSide {
 public:
  SharedSide() {
    const auto graph = Must(NewOpenVinoBackend()->Load(
        {.encoding = Encoding::kOnnx, .source = ModelFiles{{kModel}}}, {}, Deadline::Never()));
    context_ = Must(graph->NewContext(Placement::Host()));
    const std::vector<std::byte> zeros(kInputBytes);
    input_ = Must(CopyTensor({.type = ElementType::kF32, .dims = kInputDims, .data = zeros}));
  }

  void Infer() {
    Must(context_->ShareInput(0, input_));
    Must(context_->Compute(Deadline::Never()));
    const SharedTensor output = Must(context_->ShareOutput(0));
    benchmark::DoNotOptimize(output.bytes.get());
  }

 private:
  std::unique_ptr<ExecutionContext> context_;
  SharedTensor input_;
};

// Uses the settings of our backend without options.
class NativeSide {
 public:
  NativeSide()
      : compiled_(
            core_.compile_model(kModel, "CPU", ov::hint::inference_precision(ov::element::f32),
                                ov::hint::execution_mode(ov::hint::ExecutionMode::ACCURACY),
                                ov::hint::performance_mode(ov::hint::PerformanceMode::LATENCY),
                                ov::hint::enable_cpu_pinning(false))),
        request_(compiled_.create_infer_request()),
        input_(ov::element::u8, {kInputBytes + kPage}),
        output_(kOutputBytes) {
    ov::Tensor tensor = request_.get_input_tensor();
    tensor.set_shape({1, 3, 224, 224});
    tensor_ = static_cast<std::byte*>(tensor.data());
    // Page-aligned like the guest's data, since alignment affects the speed of a copy.
    std::memset(input_.data(), 0, input_.get_byte_size());  // Touches the memory.
    void* start = input_.data();
    std::size_t space = input_.get_byte_size();
    source_ = static_cast<const std::byte*>(std::align(kPage, kInputBytes, start, space));
  }

  void CopyInput() { std::memcpy(tensor_, source_, kInputBytes); }
  void Infer() {
    CopyInput();
    request_.infer();
    const ov::Tensor output = request_.get_output_tensor();
    std::memcpy(output_.data(), output.data(), kOutputBytes);
  }

 private:
  ov::Core core_;
  ov::CompiledModel compiled_;
  ov::InferRequest request_;
  std::byte* tensor_ = nullptr;
  ov::Tensor input_;
  const std::byte* source_ = nullptr;
  std::vector<std::byte> output_;
};

const PairNames kNames = {.ours = "guest", .theirs = "native"};

struct Sides {
  GuestSide guest;
  SharedSide shared;
  NativeSide native;
};

Sides& BothSides() {
  static Sides sides;
  return sides;
}

void Inference(benchmark::State& state) {
  Sides& sides = BothSides();
  Pair(state, kNames, [&] { sides.guest.Call("infer"); }, [&] { sides.native.Infer(); });
}
BENCHMARK(Inference)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(1000);

void SharedTensors(benchmark::State& state) {
  Sides& sides = BothSides();
  Pair(state, kNames, [&] { sides.shared.Infer(); }, [&] { sides.native.Infer(); });
}
BENCHMARK(SharedTensors)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(1000);

void CopyIn(benchmark::State& state) {
  Sides& sides = BothSides();
  Pair(state, kNames, [&] { sides.guest.Call("set_input"); }, [&] { sides.native.CopyInput(); });
}
BENCHMARK(CopyIn)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(20000);

// How much the clock and the call into the guest add to the guest's side of the other benchmarks.
void CallIntoGuest(benchmark::State& state) {
  Sides& sides = BothSides();
  Pair(state, kNames, [&] { sides.guest.Call("nothing"); }, [] {});
}
BENCHMARK(CallIntoGuest)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(20000);

}  // namespace
}  // namespace namesake::bench

BENCHMARK_MAIN();
