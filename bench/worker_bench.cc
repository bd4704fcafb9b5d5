// The cost of a graph in a worker: the same loop beside one with the graph in this process.
//
// Each benchmark alternates between both sides, A B A B …, so that changes in the machine's speed
// affect both. The counters show each side's median and the ratio of the medians. Tiny computes
// next to nothing, so that the way to the worker and back is left; Photo is EfficientNet-Lite0.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "context_side.h"
#include "namesake/openvino.h"
#include "paired.h"

namespace namesake::bench {
namespace {

const std::string kTiny = NAMESAKE_SOURCE_DIR "/tests/data/models/nameless.xml";  // f32 [2,3].
const std::string kPhoto = NAMESAKE_SOURCE_DIR "/examples/models/efficientnet-lite0.onnx";

const PairNames kNames = {.ours = "worker", .theirs = "process"};

void Beside(benchmark::State& state, const Model& model, const std::vector<std::uint64_t>& dims) {
  ContextSide worker(BackendInWorkers("openvino"), model, dims);
  ContextSide process(NewOpenVinoBackend(), model, dims);
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
