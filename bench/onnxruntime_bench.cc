// The cost of a graph of ONNX Runtime's in a worker, compared with ONNX Runtime in this process
// without Namesake.
//
// Each benchmark alternates between both sides, A B A B …, so that changes in the machine's speed
// affect both. The counters show each side's median and the ratio of the medians. The native side
// is what a program writes that uses ONNX Runtime directly: copy in, run, look at the output, with
// as many threads, which do not spin.
#include <benchmark/benchmark.h>
#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "context_side.h"
#include "networks.h"
#include "paired.h"
#include "together.h"

namespace namesake::bench {
namespace {

// The library's own names for the networks' types.
ONNXTensorElementDataType TypeOf(const Network& network) {
  return network.type == ElementType::kI32 ? ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32
                                           : ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
}

int Processors() { return static_cast<int>(std::max(std::thread::hardware_concurrency(), 1U)); }

// One session; any number of sides share it.
class NativeSession {
 public:
  NativeSession(const Network& network, int threads)
      : session_(Environment(), network.path.c_str(), Options(threads)),
        input_(session_.GetInputNameAllocated(0, allocator_).get()) {
    for (std::size_t i = 0; i < session_.GetOutputCount(); ++i) {
      outputs_.emplace_back(session_.GetOutputNameAllocated(i, allocator_).get());
    }
  }

  void Run(const Ort::Value& input) {
    const std::array inputs = {input_.c_str()};
    std::vector<const char*> outputs;
    for (const std::string& output : outputs_) outputs.push_back(output.c_str());
    const auto result = session_.Run(Ort::RunOptions{nullptr}, inputs.data(), &input, 1,
                                     outputs.data(), outputs.size());
    benchmark::DoNotOptimize(result.front().GetTensorRawData());
  }

 private:
  static Ort::Env& Environment() {
    static Ort::Env environment(ORT_LOGGING_LEVEL_ERROR, "bench");
    return environment;
  }
  static Ort::SessionOptions Options(int threads) {
    Ort::SessionOptions options;
    options.SetIntraOpNumThreads(threads);
    options.AddConfigEntry("session.intra_op.allow_spinning", "0");
    return options;
  }

  Ort::AllocatorWithDefaultOptions allocator_;
  Ort::Session session_;
  std::string input_;
  std::vector<std::string> outputs_;
};

class NativeSide {
 public:
  NativeSide(NativeSession& session, const Network& network)
      : session_(session), source_(Must(ByteSize(network.type, network.dims))), room_(source_) {
    const std::vector<std::int64_t> shape(network.dims.begin(), network.dims.end());
    input_ = Ort::Value::CreateTensor(
        Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault), room_.data(),
        room_.size(), shape.data(), shape.size(), TypeOf(network));
  }

  void Infer() {
    std::memcpy(room_.data(), source_.data(), source_.size());
    session_.Run(input_);
  }

 private:
  NativeSession& session_;
  std::vector<std::byte> source_;
  std::vector<std::byte> room_;
  Ort::Value input_{nullptr};
};

const PairNames kNames = {.ours = "worker", .theirs = "native"};

void Beside(benchmark::State& state, const Network& network) {
  ContextSide worker(BackendInWorkers("onnxruntime"), network.model(), network.dims, network.type);
  NativeSession session(network, Processors());
  NativeSide native(session, network);
  Pair(state, kNames, [&] { worker.Infer(); }, [&] { native.Infer(); });
}

// Several tenants at once in one worker of the host's, beside as many threads of one process that
// share a session. One thread for each inference is the library's best setting for that.
void TenantsBeside(benchmark::State& state, Network network) {
  const auto tenants = static_cast<std::size_t>(state.range(0));
  constexpr int kEach = 10;
  const int threads = tenants == 1 ? Processors() : 1;
  network.options = {{"threads", std::to_string(threads)}};
  SharedContexts shared(BackendInWorkers("onnxruntime"), network.model(),
                        Placement::Host(Isolation::kHost));
  NativeSession session(network, threads);
  std::vector<std::unique_ptr<ContextSide>> ours;
  std::vector<std::unique_ptr<NativeSide>> natives;
  std::vector<std::function<void()>> our_steps;
  std::vector<std::function<void()>> native_steps;
  for (std::size_t i = 0; i < tenants; ++i) {
    ours.push_back(std::make_unique<ContextSide>(shared, network.dims, network.type));
    natives.push_back(std::make_unique<NativeSide>(session, network));
    our_steps.emplace_back([side = ours.back().get()] { side->Infer(); });
    native_steps.emplace_back([side = natives.back().get()] { side->Infer(); });
  }
  Pair(
      state, {.ours = "worker", .theirs = "native", .rounds = static_cast<double>(tenants) * kEach},
      [&] { Together(kEach, our_steps); }, [&] { Together(kEach, native_steps); });
}

#define NAMESAKE_BENCHMARK(name, pairs) \
  BENCHMARK(name)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(pairs)

void OnePhoto(benchmark::State& state) { Beside(state, Photo()); }
NAMESAKE_BENCHMARK(OnePhoto, 600);
void OneMagika(benchmark::State& state) { Beside(state, Magika()); }
NAMESAKE_BENCHMARK(OneMagika, 600);
void OnePitch(benchmark::State& state) { Beside(state, Pitch(Encoding::kOnnx)); }
NAMESAKE_BENCHMARK(OnePitch, 200);
void Photos(benchmark::State& state) { TenantsBeside(state, Photo()); }
NAMESAKE_BENCHMARK(Photos, 30)->Arg(1)->Arg(2)->Arg(4)->Arg(16);
void Magikas(benchmark::State& state) { TenantsBeside(state, Magika()); }
NAMESAKE_BENCHMARK(Magikas, 30)->Arg(1)->Arg(2)->Arg(4)->Arg(16);

}  // namespace
}  // namespace namesake::bench

BENCHMARK_MAIN();
