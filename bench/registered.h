// Benchmarks that are registered by network, so that each library runs the same ones.
#ifndef NAMESAKE_BENCH_REGISTERED_H_
#define NAMESAKE_BENCH_REGISTERED_H_

#include <benchmark/benchmark.h>

#include <functional>
#include <string>

#include "networks.h"

namespace namesake::bench {

// Times both sides on a network.
using Compare = std::function<void(benchmark::State& state, const Network& network)>;

inline benchmark::internal::Benchmark* Register(const std::string& name, const Network& network,
                                                int pairs, const Compare& compare) {
  return benchmark::RegisterBenchmark(
             name.c_str(), [network, compare](benchmark::State& state) { compare(state, network); })
      ->UseManualTime()
      ->Unit(benchmark::kMicrosecond)
      ->Iterations(pairs);
}

// One context for each network in ONNX.
inline void RegisterOnnxNetworks(const Compare& compare) {
  Register("OnePhoto", Photo(), 600, compare);
  Register("OneMagika", Magika(), 600, compare);
  Register("OnePitch", Pitch(Encoding::kOnnx), 200, compare);
  Register("OneSilero", Silero(), 5000, compare);
  Register("OneSmartTurn", SmartTurn(), 100, compare);
  Register("OneDetection", Detection(), 100, compare);
  Register("OneRecognition", Recognition(), 100, compare);
}

// Runs what is registered, as BENCHMARK_MAIN does. Returns the exit code.
inline int RunRegistered(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace namesake::bench

#endif  // NAMESAKE_BENCH_REGISTERED_H_
