// The cost of a graph of OpenVINO's in a worker, compared with OpenVINO in this process without
// Namesake, for each real network: the same loop as in onnxruntime_bench.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstring>
#include <map>
#include <memory>
#include <openvino/openvino.hpp>
#include <string>
#include <utility>
#include <vector>

#include "context_side.h"
#include "networks.h"
#include "paired.h"
#include "registered.h"
#include "together.h"

namespace namesake::bench {
namespace {

// As many streams as inferences run at once.
class NativeModel {
 public:
  NativeModel(const Network& network, int streams)
      : compiled_(Core().compile_model(Read(network), "CPU", Properties(streams))) {}
  ov::InferRequest NewRequest() { return compiled_.create_infer_request(); }

 private:
  static ov::Core& Core() {
    static ov::Core core;
    return core;
  }
  static std::shared_ptr<ov::Model> Read(const Network& network) {
    auto model = Core().read_model(network.path);
    if (network.is_dynamic) return model;
    std::map<std::size_t, ov::PartialShape> shapes;
    for (std::size_t i = 0; i < network.inputs.size(); ++i) {
      const auto& dims = network.inputs[i].dims;
      shapes[i] = ov::PartialShape(ov::Shape(dims.begin(), dims.end()));
    }
    model->reshape(shapes);
    return model;
  }
  static ov::AnyMap Properties(int streams) {
    return {ov::hint::performance_mode(ov::hint::PerformanceMode::LATENCY),
            ov::hint::inference_precision(ov::element::f32), ov::num_streams(streams)};
  }

  ov::CompiledModel compiled_;
};

class NativeSide {
 public:
  NativeSide(NativeModel& model, const Network& network) : request_(model.NewRequest()) {
    for (const Input& input : network.inputs) {
      const std::size_t i = sources_.size();
      sources_.emplace_back(Must(ByteSize(input.type, input.dims)));
      request_.get_input_tensor(i).set_shape(ov::Shape(input.dims.begin(), input.dims.end()));
    }
  }

  void Infer() {
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      std::memcpy(request_.get_input_tensor(i).data(), sources_[i].data(), sources_[i].size());
    }
    request_.infer();
    benchmark::DoNotOptimize(request_.get_output_tensor(0).data());
  }

 private:
  ov::InferRequest request_;
  std::vector<std::vector<std::byte>> sources_;
};

const PairNames kNames = {.ours = "worker", .theirs = "native"};

void Beside(benchmark::State& state, Network network) {
  network.options = {{"inference_precision", "f32"}};
  ContextSide worker(BackendInWorkers("openvino"), network);
  NativeModel model(network, 1);
  NativeSide native(model, network);
  Pair(state, kNames, [&] { worker.Infer(); }, [&] { native.Infer(); });
}

// Two contexts at once, each with a stream of its own, as OpenVINO wants it for throughput.
void TwoBeside(benchmark::State& state, Network network) {
  constexpr int kEach = 10;
  network.options = {{"inference_precision", "f32"}, {"streams", "2"}};
  SharedContexts workers(BackendInWorkers("openvino"), network.model());
  ContextSide one(workers, network);
  ContextSide other(workers, network);
  NativeModel model(network, 2);
  NativeSide native_one(model, network);
  NativeSide native_other(model, network);
  Pair(
      state, {.ours = "worker", .theirs = "native", .rounds = 2 * kEach},
      [&] { Together(kEach, {[&] { one.Infer(); }, [&] { other.Infer(); }}); },
      [&] { Together(kEach, {[&] { native_one.Infer(); }, [&] { native_other.Infer(); }}); });
}

void RegisterAll() {
  RegisterOnnxNetworks(Beside);
  Register("OnePhotoIr", PhotoIr(), 600, Beside);
  Register("OnePitchSavedModel", Pitch(Encoding::kTensorFlow), 200, Beside);
  Register("OnePitchLite", Pitch(Encoding::kTensorFlowLite), 200, Beside);
  Register("TwoPhotos", Photo(), 40, TwoBeside);
  Register("TwoMagikas", Magika(), 40, TwoBeside);
}

}  // namespace
}  // namespace namesake::bench

int main(int argc, char** argv) {
  namesake::bench::RegisterAll();
  return namesake::bench::RunRegistered(argc, argv);
}
