// The cost of a graph in a worker: the same loop beside one with the graph in this process.
//
// Each benchmark alternates between both sides, A B A B …, so that changes in the machine's speed
// affect both. The counters show each side's median and the ratio of the medians. Tiny computes
// next to nothing, so that the way to the worker and back is left; OnePhoto is EfficientNet-Lite0.
#include <benchmark/benchmark.h>

#include "context_side.h"
#include "namesake/openvino.h"
#include "networks.h"
#include "paired.h"

namespace namesake::bench {
namespace {

const PairNames kNames = {.ours = "worker", .theirs = "process"};

void Beside(benchmark::State& state, const Network& network) {
  ContextSide worker(BackendInWorkers("openvino"), network);
  ContextSide process(NewOpenVinoBackend(), network);
  Pair(state, kNames, [&] { worker.Infer(); }, [&] { process.Infer(); });
}

void Tiny(benchmark::State& state) {
  Beside(state, {.path = NAMESAKE_SOURCE_DIR "/tests/data/models/nameless.xml",
                 .encoding = Encoding::kOpenVino,
                 .inputs = {{ElementType::kF32, {2, 3}}}});
}
BENCHMARK(Tiny)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(20000);

void OnePhoto(benchmark::State& state) { Beside(state, Photo()); }
BENCHMARK(OnePhoto)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(1000);

}  // namespace
}  // namespace namesake::bench

BENCHMARK_MAIN();
