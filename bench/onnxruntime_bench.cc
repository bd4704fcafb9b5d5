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
#include "registered.h"
#include "together.h"

namespace namesake::bench {
namespace {

// The library's own names for the networks' types.
ONNXTensorElementDataType ToVendor(ElementType type) {
  return type == ElementType::kI32 ? ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32
                                   : ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
}

int Processors() { return static_cast<int>(std::max(std::thread::hardware_concurrency(), 1U)); }

// One session; any number of sides share it.
class NativeSession {
 public:
  NativeSession(const Network& network, int threads)
      : session_(Environment(), network.path.c_str(), Options(threads)) {
    for (std::size_t i = 0; i < session_.GetInputCount(); ++i) {
      inputs_.emplace_back(session_.GetInputNameAllocated(i, allocator_).get());
    }
    for (std::size_t i = 0; i < session_.GetOutputCount(); ++i) {
      outputs_.emplace_back(session_.GetOutputNameAllocated(i, allocator_).get());
    }
  }

  void Run(const std::vector<Ort::Value>& values) {
    const auto inputs = Pointers(inputs_);
    const auto outputs = Pointers(outputs_);
    const auto result = session_.Run(Ort::RunOptions{nullptr}, inputs.data(), values.data(),
                                     values.size(), outputs.data(), outputs.size());
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
  static std::vector<const char*> Pointers(const std::vector<std::string>& names) {
    std::vector<const char*> pointers;
    for (const std::string& name : names) pointers.push_back(name.c_str());
    return pointers;
  }

  Ort::AllocatorWithDefaultOptions allocator_;
  Ort::Session session_;
  std::vector<std::string> inputs_;
  std::vector<std::string> outputs_;
};

class NativeSide {
 public:
  NativeSide(NativeSession& session, const Network& network) : session_(session) {
    for (const Input& input : network.inputs) {
      sources_.emplace_back(Must(ByteSize(input.type, input.dims)));
      auto& room = rooms_.emplace_back(sources_.back());
      const std::vector<std::int64_t> shape(input.dims.begin(), input.dims.end());
      values_.push_back(Ort::Value::CreateTensor(
          Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault), room.data(),
          room.size(), shape.data(), shape.size(), ToVendor(input.type)));
    }
  }

  void Infer() {
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      std::memcpy(rooms_[i].data(), sources_[i].data(), sources_[i].size());
    }
    session_.Run(values_);
  }

 private:
  NativeSession& session_;
  std::vector<std::vector<std::byte>> sources_;
  std::vector<std::vector<std::byte>> rooms_;
  std::vector<Ort::Value> values_;
};

const PairNames kNames = {.ours = "worker", .theirs = "native"};

void BesideOnThreads(benchmark::State& state, const Network& network, int threads) {
  ContextSide worker(BackendInWorkers("onnxruntime"), network);
  NativeSession session(network, threads);
  NativeSide native(session, network);
  Pair(state, kNames, [&] { worker.Infer(); }, [&] { native.Infer(); });
}
// A worker computes on all processors by default.
void Beside(benchmark::State& state, const Network& network) {
  BesideOnThreads(state, network, Processors());
}
void BesideOnOneThread(benchmark::State& state, Network network) {
  network.options = {{"threads", "1"}};
  BesideOnThreads(state, network, 1);
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
    ours.push_back(std::make_unique<ContextSide>(shared, network));
    natives.push_back(std::make_unique<NativeSide>(session, network));
    our_steps.emplace_back([side = ours.back().get()] { side->Infer(); });
    native_steps.emplace_back([side = natives.back().get()] { side->Infer(); });
  }
  Pair(
      state, {.ours = "worker", .theirs = "native", .rounds = static_cast<double>(tenants) * kEach},
      [&] { Together(kEach, our_steps); }, [&] { Together(kEach, native_steps); });
}

void RegisterAll() {
  RegisterOnnxNetworks(Beside);
  Register("OneSileroOnOneThread", Silero(), 5000, BesideOnOneThread);
  const auto tenants = [](auto* benchmark) { benchmark->Arg(1)->Arg(2)->Arg(4)->Arg(16); };
  Register("Photos", Photo(), 30, TenantsBeside)->Apply(tenants);
  Register("Magikas", Magika(), 30, TenantsBeside)->Apply(tenants);
}

}  // namespace
}  // namespace namesake::bench

int main(int argc, char** argv) {
  namesake::bench::RegisterAll();
  return namesake::bench::RunRegistered(argc, argv);
}
