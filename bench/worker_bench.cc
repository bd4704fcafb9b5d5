// The cost of a graph in a worker: the same loop beside one with the graph in this process.
//
// Each benchmark alternates between both sides, A B A B …, so that changes in the machine's speed
// affect both. The counters show each side's median and the ratio of the medians. Tiny computes
// next to nothing, so that the way to the worker and back is left; Photo is EfficientNet-Lite0.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "namesake/backend.h"
#include "namesake/openvino.h"
#include "namesake/worker.h"
#include "paired.h"

namespace namesake::bench {
namespace {

const std::string kTiny = NAMESAKE_SOURCE_DIR "/tests/data/models/nameless.xml";  // f32 [2,3].
const std::string kPhoto = NAMESAKE_SOURCE_DIR "/examples/models/efficientnet-lite0.onnx";

// One context, and the loop that a guest makes: copy in, compute, look at the output.
class Side {
 public:
  Side(std::unique_ptr<Backend> backend, const Model& model, std::vector<std::uint64_t> dims)
      : backend_(std::move(backend)),
        context_(Must(
            Must(backend_->Load(model, {}, Deadline::Never()))->NewContext(Placement::Host()))),
        dims_(std::move(dims)),
        input_(Must(ByteSize(ElementType::kF32, dims_))) {}

  void Infer() {
    Must(context_->SetInput(0, {.type = ElementType::kF32, .dims = dims_, .data = input_}));
    Must(context_->Compute(Deadline::Never()));
    benchmark::DoNotOptimize(Must(context_->Output(0)).data.data());
  }

 private:
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<ExecutionContext> context_;
  std::vector<std::uint64_t> dims_;
  std::vector<std::byte> input_;
};

const PairNames kNames = {.ours = "worker", .theirs = "process"};

void Beside(benchmark::State& state, const Model& model, const std::vector<std::uint64_t>& dims) {
  Side worker(std::move(InstalledBackends(NAMESAKE_BINARY_DIR "/libexec/namesake").front()), model,
              dims);
  Side process(NewOpenVinoBackend(), model, dims);
  Pair(state, kNames, [&] { worker.Infer(); }, [&] { process.Infer(); });
}

void Tiny(benchmark::State& state) {
  Beside(state, {.encoding = Encoding::kOpenVino, .source = ModelFiles{{kTiny}}}, {2, 3});
}
BENCHMARK(Tiny)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(20000);

void Photo(benchmark::State& state) {
  Beside(state, {.encoding = Encoding::kOnnx, .source = ModelFiles{{kPhoto}}}, {1, 3, 224, 224});
}
BENCHMARK(Photo)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(1000);

}  // namespace
}  // namespace namesake::bench

BENCHMARK_MAIN();
