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
#include <string>
#include <thread>
#include <vector>

#include "context_side.h"
#include "paired.h"

namespace namesake::bench {
namespace {

struct Network {
  std::string path;
  ElementType type;
  ONNXTensorElementDataType vendor_type;
  std::vector<std::uint64_t> dims;
};

const Network kPhoto = {.path = NAMESAKE_SOURCE_DIR "/examples/models/efficientnet-lite0.onnx",
                        .type = ElementType::kF32,
                        .vendor_type = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
                        .dims = {1, 3, 224, 224}};
const Network kMagika = {.path = NAMESAKE_DEPS_DIR "/magika/magika/models/standard_v3_3/model.onnx",
                         .type = ElementType::kI32,
                         .vendor_type = ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32,
                         .dims = {1, 2048}};

class NativeSide {
 public:
  explicit NativeSide(const Network& network)
      : session_(Environment(), network.path.c_str(), Options()),
        source_(Must(ByteSize(network.type, network.dims))),
        room_(source_.size()),
        input_name_(session_.GetInputNameAllocated(0, allocator_).get()),
        output_name_(session_.GetOutputNameAllocated(0, allocator_).get()) {
    const std::vector<std::int64_t> shape(network.dims.begin(), network.dims.end());
    input_ = Ort::Value::CreateTensor(
        Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault), room_.data(),
        room_.size(), shape.data(), shape.size(), network.vendor_type);
  }

  void Infer() {
    std::memcpy(room_.data(), source_.data(), source_.size());
    const std::array inputs = {input_name_.c_str()};
    const std::array outputs = {output_name_.c_str()};
    const auto result =
        session_.Run(Ort::RunOptions{nullptr}, inputs.data(), &input_, 1, outputs.data(), 1);
    benchmark::DoNotOptimize(result.front().GetTensorRawData());
  }

 private:
  static Ort::Env& Environment() {
    static Ort::Env environment(ORT_LOGGING_LEVEL_ERROR, "bench");
    return environment;
  }
  static Ort::SessionOptions Options() {
    Ort::SessionOptions options;
    options.SetIntraOpNumThreads(
        static_cast<int>(std::max(std::thread::hardware_concurrency(), 1U)));
    options.AddConfigEntry("session.intra_op.allow_spinning", "0");
    return options;
  }

  Ort::AllocatorWithDefaultOptions allocator_;
  Ort::Session session_;
  std::vector<std::byte> source_;
  std::vector<std::byte> room_;
  std::string input_name_;
  std::string output_name_;
  Ort::Value input_{nullptr};
};

const PairNames kNames = {.ours = "worker", .theirs = "native"};

void Beside(benchmark::State& state, const Network& network) {
  ContextSide worker(BackendInWorkers("onnxruntime"),
                     {.encoding = Encoding::kOnnx, .source = ModelFiles{{network.path}}},
                     network.dims, network.type);
  NativeSide native(network);
  Pair(state, kNames, [&] { worker.Infer(); }, [&] { native.Infer(); });
}

void Photo(benchmark::State& state) { Beside(state, kPhoto); }
BENCHMARK(Photo)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(1000);

void Magika(benchmark::State& state) { Beside(state, kMagika); }
BENCHMARK(Magika)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(1000);

}  // namespace
}  // namespace namesake::bench

BENCHMARK_MAIN();
