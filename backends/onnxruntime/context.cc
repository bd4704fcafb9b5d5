#include "backend_onnxruntime/context.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backend_onnxruntime/vendor_call.h"
#include "base/fail.h"
#include "graph/tensor_buffer.h"
#include "graph/tensor_copy.h"

namespace namesake::onnxruntime {
namespace {

using Bytes = std::span<const std::byte>;

// The source of an output's values.
struct Source {
  enum class Kind : std::uint8_t { kSession, kInput, kOutput };
  Kind kind = Kind::kSession;
  // The index of the input or of the other output.
  std::size_t index = 0;
};

// Constant facts that all contexts of a graph share.
struct Plan {
  std::vector<const char*> input_names;
  std::vector<Source> sources;  // One for each output.
  // The outputs that the session computes.
  std::vector<std::size_t> computed;
  std::vector<const char*> computed_names;
};

// ONNX Runtime does not write an output that is an input to the memory that it is given, and writes
// an output that is listed twice to the last one's. So it is asked for neither.
Plan MakePlan(const Ports& ports) {
  Plan plan;
  for (const std::string& name : ports.input_names) plan.input_names.push_back(name.c_str());
  for (std::size_t i = 0; i < ports.output_names.size(); ++i) {
    const std::string& name = ports.output_names[i];
    const auto input = std::ranges::find(ports.input_names, name);
    const auto output = std::ranges::find(ports.output_names, name);
    Source& source = plan.sources.emplace_back();
    if (input != ports.input_names.end()) {
      source = {Source::Kind::kInput, static_cast<std::size_t>(input - ports.input_names.begin())};
    } else if (const auto at = static_cast<std::size_t>(output - ports.output_names.begin());
               at != i) {
      source = {Source::Kind::kOutput, at};
    } else {
      plan.computed.push_back(i);
      plan.computed_names.push_back(name.c_str());
    }
  }
  return plan;
}

struct InputSlot {
  // The context's own memory, into which inputs are copied; null while other bytes are used.
  std::shared_ptr<std::byte> own{};
  // The shared bytes that are used instead.
  std::shared_ptr<const std::byte> shared{};
  std::vector<std::uint64_t> dims{};
  Bytes bytes{};
  Ort::Value value{nullptr};
};

// How an output of variable size gets its memory.
enum class Guess : std::uint8_t {
  kNone,       // The session allocates it.
  kMade,       // The session computes into the caller's, as a tensor of the last shape.
  kTakenBack,  // A run with the guess failed, and the next one is without.
};

struct OutputSlot {
  // Memory of the context: for outputs of fixed size, which the session computes into it, and for
  // those that are copied.
  graph::TensorBuffer ours{};
  // The caller's memory for an output of variable size.
  graph::OutputMemory place{};
  Guess guess = Guess::kNone;
  // Whether a guess was wrong.
  bool varies = false;
  // The memory that `value` is made for.
  const std::byte* taken = nullptr;
  // The tensor that the session computes into, or that it returned.
  Ort::Value value{nullptr};
  // The last inference's output; refers to `ours` or `value`. The dims outlast it.
  std::vector<std::uint64_t> dims{};
  Bytes bytes{};
  bool is_ours = false;
};

class OnnxRuntimeGraph : public Graph {
 public:
  using Graph::Traits;

  OnnxRuntimeGraph(SessionParts parts, Ports ports, std::uint64_t model_bytes, Traits traits)
      : Graph(std::move(ports.inputs), std::move(ports.outputs), model_bytes, Encoding::kOnnx,
              std::move(traits)),
        parts_(std::move(parts)),
        names_{.input_names = std::move(ports.input_names),
               .output_names = std::move(ports.output_names)},
        plan_(MakePlan(names_)) {}

  Result<std::unique_ptr<ExecutionContext>> NewContext(const Placement& placement) const override;

  // Whether the inference on `input_bytes` should give back the memory that larger ones took. The
  // session keeps what it took for intermediate results, which grows with the inputs.
  bool ShrinksWith(std::uint64_t input_bytes) const;

  base::AlarmClock& alarms() const { return parts_.runtime->alarms(); }
  const Plan& plan() const { return plan_; }
  // Safe for all threads, though its class does not say so: see OrtApi::Run.
  Ort::Session& session() const { return parts_.session; }

 private:
  mutable SessionParts parts_;
  Ports names_;
  Plan plan_;
  // The inputs of the largest inference since the last that gave memory back.
  mutable std::atomic<std::uint64_t> largest_input_bytes_ = 0;
};

class OnnxRuntimeContext : public ExecutionContext {
 public:
  // Throws ONNX Runtime's exceptions.
  explicit OnnxRuntimeContext(std::shared_ptr<const OnnxRuntimeGraph> graph)
      : ExecutionContext(graph),
        graph_(std::move(graph)),
        inputs_(graph_->inputs().size()),
        outputs_(graph_->outputs().size()) {
    shrinking_options_.AddConfigEntry("memory.enable_memory_arena_shrinkage", "cpu:0");
  }

 private:
  Result<void> CopyInput(std::size_t index, const TensorView& tensor) override;
  Result<void> BindInput(std::size_t index, const SharedTensor& tensor) override;
  Result<void> Run(Deadline deadline) override;
  Result<TensorView> ReadOutput(std::size_t index) override;
  Result<SharedTensor> KeepOutput(std::size_t index) override;
  void TakeOutputMemory(std::size_t index, std::shared_ptr<std::byte> memory,
                        std::size_t size) override;

  Ort::Value NewValue(const TensorInfo& info, std::span<const std::uint64_t> dims, std::byte* bytes,
                      std::size_t size) const;
  Result<void> GiveOutputMemory();
  void MakeGuess(OutputSlot& output, const TensorInfo& info);
  bool TakeBackGuesses();
  Ort::Status RunSession(Deadline deadline);
  Result<void> Infer(Deadline deadline);
  Result<void> TakeOutputs();
  Result<void> TakeComputed(std::size_t index);
  Result<void> CopyOutput(std::size_t index, std::vector<std::uint64_t> dims, Bytes from);
  void DropOutputs();
  bool LiesInAnInput(Bytes bytes) const;

  std::shared_ptr<const OnnxRuntimeGraph> graph_;
  Ort::MemoryInfo memory_ = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault);
  Ort::RunOptions run_options_;
  // The same, but gives memory back at the end.
  Ort::RunOptions shrinking_options_;
  std::vector<InputSlot> inputs_;
  std::vector<OutputSlot> outputs_;
  // Whether the inputs have the shapes of the last inference, whose outputs' shapes are known.
  bool has_same_shapes_ = false;
};

Result<std::unique_ptr<ExecutionContext>> OnnxRuntimeGraph::NewContext(
    const Placement& /*placement*/) const {
  return VendorCall("ONNX Runtime can't make an execution context",
                    [this]() -> Result<std::unique_ptr<ExecutionContext>> {
                      return std::make_unique<OnnxRuntimeContext>(
                          std::static_pointer_cast<const OnnxRuntimeGraph>(shared_from_this()));
                    });
}

bool OnnxRuntimeGraph::ShrinksWith(std::uint64_t input_bytes) const {
  // Giving back and taking again costs more than it saves if the sizes are about the same.
  constexpr std::uint64_t kFactor = 2;
  std::uint64_t largest = largest_input_bytes_.load();
  while (input_bytes > largest) {
    if (largest_input_bytes_.compare_exchange_weak(largest, input_bytes)) return false;
  }
  if (input_bytes > largest / kFactor) return false;
  return largest_input_bytes_.compare_exchange_strong(largest, input_bytes);
}

// The graph's own shape if that is fixed, because a scalar may be passed as [1].
std::vector<std::uint64_t> ShapeOf(const TensorInfo& info, std::span<const std::uint64_t> dims) {
  if (!info.fixed()) return {dims.begin(), dims.end()};
  std::vector<std::uint64_t> shape;
  for (const Dim& dim : *info.shape) shape.push_back(dim.min);
  return shape;
}

Ort::Value OnnxRuntimeContext::NewValue(const TensorInfo& info, std::span<const std::uint64_t> dims,
                                        std::byte* bytes, std::size_t size) const {
  const std::vector<std::int64_t> shape(dims.begin(), dims.end());
  return Ort::Value::CreateTensor(memory_, bytes, size, shape.data(), shape.size(),
                                  ToVendorType(info.type));
}

Result<void> OnnxRuntimeContext::CopyInput(std::size_t index, const TensorView& tensor) {
  return VendorCall(fmt::format("ONNX Runtime can't set input {}", index), [&]() -> Result<void> {
    InputSlot& input = inputs_[index];
    const TensorInfo& info = graph_->inputs()[index];
    auto dims = ShapeOf(info, tensor.dims);
    has_same_shapes_ = has_same_shapes_ && input.dims == dims;
    if (!input.own || input.dims != dims) {
      auto own = graph::NewTensorBytes(tensor.data.size());
      if (!own) return base::Fail(std::move(own));
      auto value = NewValue(info, dims, own->get(), tensor.data.size());
      const Bytes bytes(own->get(), tensor.data.size());
      input = {.own = *std::move(own),
               .dims = std::move(dims),
               .bytes = bytes,
               .value = std::move(value)};
    }
    graph::CopyTensorBytes({input.own.get(), tensor.data.size()}, tensor.data);
    return {};
  });
}

Result<void> OnnxRuntimeContext::BindInput(std::size_t index, const SharedTensor& tensor) {
  // ONNX Runtime never writes to an input, but takes no pointer to constant bytes.
  auto* const bytes = const_cast<std::byte*>(tensor.bytes.get());
  // Operations read whole elements, so the bytes must be aligned.
  if (bytes == nullptr ||
      reinterpret_cast<std::uintptr_t>(bytes) % ElementTypeSize(tensor.type) != 0) {
    return CopyInput(index, tensor.view());
  }
  return VendorCall(fmt::format("ONNX Runtime can't set input {}", index), [&] {
    const TensorInfo& info = graph_->inputs()[index];
    auto dims = ShapeOf(info, tensor.dims);
    has_same_shapes_ = has_same_shapes_ && inputs_[index].dims == dims;
    auto value = NewValue(info, dims, bytes, tensor.size);
    inputs_[index] = {.shared = tensor.bytes,
                      .dims = std::move(dims),
                      .bytes = tensor.view().data,
                      .value = std::move(value)};
  });
}

// Gives the session memory for outputs with fixed shapes, and new memory if somebody holds an
// earlier output; it makes the other outputs itself.
Result<void> OnnxRuntimeContext::GiveOutputMemory() {
  for (const std::size_t index : graph_->plan().computed) {
    OutputSlot& output = outputs_[index];
    const TensorInfo& info = graph_->outputs()[index];
    if (!info.fixed()) {
      MakeGuess(output, info);
      continue;
    }
    const std::vector<std::uint64_t> dims = ShapeOf(info, {});
    const auto size = ByteSize(info.type, dims);
    if (!size) return base::Fail(size);
    const auto memory = output.ours.RenewCleared(static_cast<std::size_t>(*size));
    if (!memory) return base::Fail(memory);
    if (output.value && output.taken == memory->data()) continue;
    output.value = NewValue(info, dims, memory->data(), memory->size());
    output.taken = memory->data();
  }
  return {};
}

// Most outputs of variable size have the shape again that they had for inputs of these shapes. What
// a model leaves as it is then is the last inference's, as it is for outputs of fixed size.
void OnnxRuntimeContext::MakeGuess(OutputSlot& output, const TensorInfo& info) {
  if (!has_same_shapes_ || output.varies) return;
  const auto size = ByteSize(info.type, output.dims);
  if (!size || *size == 0 || *size > output.place.size) return;
  output.value = NewValue(info, output.dims, output.place.bytes.get(), *size);
  output.guess = Guess::kMade;
}

// Returns whether there were any.
bool OnnxRuntimeContext::TakeBackGuesses() {
  bool had_any = false;
  for (OutputSlot& output : outputs_) {
    if (output.guess != Guess::kMade) continue;
    output.guess = Guess::kTakenBack;
    output.value = Ort::Value(nullptr);
    had_any = true;
  }
  return had_any;
}

// Terminating takes effect between two operations, also within a Loop. The session can be used
// again at once.
Ort::Status OnnxRuntimeContext::RunSession(Deadline deadline) {
  const Plan& plan = graph_->plan();
  std::vector<const OrtValue*> inputs;
  std::uint64_t input_bytes = 0;
  for (const InputSlot& input : inputs_) {
    inputs.push_back(input.value);
    input_bytes += input.bytes.size();
  }
  std::vector<OrtValue*> outputs;
  for (const std::size_t index : plan.computed) outputs.push_back(outputs_[index].value);
  Ort::RunOptions& options = graph_->ShrinksWith(input_bytes) ? shrinking_options_ : run_options_;
  options.UnsetTerminate();
  Ort::Status status;
  {
    const base::Alarm alarm(graph_->alarms(), deadline, [&options] { options.SetTerminate(); });
    status = Ort::Status(Ort::GetApi().Run(graph_->session(), options, plan.input_names.data(),
                                           inputs.data(), inputs.size(), plan.computed_names.data(),
                                           outputs.size(), outputs.data()));
  }
  for (std::size_t i = 0; i < plan.computed.size(); ++i) {
    Ort::Value& value = outputs_[plan.computed[i]].value;
    if (static_cast<OrtValue*>(value) == nullptr) value = Ort::Value(outputs[i]);
  }
  return status;
}

Result<void> OnnxRuntimeContext::Infer(Deadline deadline) {
  const auto late = [] {
    return base::Fail(ErrorCode::kTimeout, "the inference did not finish in time");
  };
  if (deadline.passed()) return late();
  // ONNX Runtime refuses to compute nothing.
  if (graph_->plan().computed.empty()) return {};
  Ort::Status status = RunSession(deadline);
  // ONNX Runtime also reports an output whose shape is not that of its memory so.
  if (!status.IsOK() && status.GetErrorCode() == ORT_INVALID_ARGUMENT && TakeBackGuesses()) {
    if (deadline.passed()) return late();
    status = RunSession(deadline);
  }
  if (!status.IsOK() && deadline.passed()) return late();
  Ort::ThrowOnError(status.release());
  return {};
}

bool OnnxRuntimeContext::LiesInAnInput(Bytes bytes) const {
  return std::ranges::any_of(
      inputs_, [&](const InputSlot& input) { return graph::Overlap(bytes, input.bytes); });
}

Result<void> OnnxRuntimeContext::CopyOutput(std::size_t index, std::vector<std::uint64_t> dims,
                                            Bytes from) {
  OutputSlot& output = outputs_[index];
  const auto copy = output.ours.Renew(from.size());
  if (!copy) return base::Fail(copy);
  graph::CopyTensorBytes(*copy, from);
  output.dims = std::move(dims);
  output.bytes = *copy;
  output.is_ours = true;
  return {};
}

// An output of unknown size may be an input's tensor. It is copied at once, because inputs may be
// replaced before the outputs are read.
Result<void> OnnxRuntimeContext::TakeComputed(std::size_t index) {
  OutputSlot& output = outputs_[index];
  const TensorInfo& info = graph_->outputs()[index];
  const auto tensor = output.value.GetTensorTypeAndShapeInfo();
  if (tensor.GetElementType() != ToVendorType(info.type)) {
    return base::Fail(ErrorCode::kRuntimeError, "{} has another element type than the model states",
                      TensorLabel("output", index, info));
  }
  const std::vector<std::int64_t> extents = tensor.GetShape();
  std::vector<std::uint64_t> dims(extents.begin(), extents.end());
  const auto size = ByteSize(info.type, dims);
  if (!size) return base::Fail(size);
  const Bytes bytes(static_cast<const std::byte*>(output.value.GetTensorRawData()),
                    static_cast<std::size_t>(*size));
  if (output.guess == Guess::kTakenBack) output.varies = dims != output.dims;
  if (!info.fixed() && LiesInAnInput(bytes)) return CopyOutput(index, std::move(dims), bytes);
  output.dims = std::move(dims);
  output.bytes = bytes;
  output.is_ours = info.fixed();
  return {};
}

Result<void> OnnxRuntimeContext::TakeOutputs() {
  for (const std::size_t index : graph_->plan().computed) {
    if (auto taken = TakeComputed(index); !taken) return taken;
  }
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    const Source& source = graph_->plan().sources[i];
    if (source.kind == Source::Kind::kSession) continue;
    const bool is_input = source.kind == Source::Kind::kInput;
    const auto& dims = is_input ? inputs_[source.index].dims : outputs_[source.index].dims;
    const Bytes bytes = is_input ? inputs_[source.index].bytes : outputs_[source.index].bytes;
    if (auto copied = CopyOutput(i, dims, bytes); !copied) return copied;
  }
  return {};
}

// Gives back what the session made. Outputs of fixed size keep their memory.
void OnnxRuntimeContext::DropOutputs() {
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    OutputSlot& output = outputs_[i];
    output.bytes = {};
    output.guess = Guess::kNone;
    if (!graph_->outputs()[i].fixed()) output.value = Ort::Value(nullptr);
  }
}

Result<void> OnnxRuntimeContext::Run(Deadline deadline) {
  DropOutputs();
  auto ran = VendorCall("ONNX Runtime can't compute", [&]() -> Result<void> {
    if (auto given = GiveOutputMemory(); !given) return given;
    if (auto inferred = Infer(deadline); !inferred) return inferred;
    return TakeOutputs();
  });
  if (!ran) DropOutputs();
  has_same_shapes_ = ran.has_value();
  return ran;
}

Result<TensorView> OnnxRuntimeContext::ReadOutput(std::size_t index) {
  const OutputSlot& output = outputs_[index];
  return TensorView{
      .type = graph_->outputs()[index].type, .dims = output.dims, .data = output.bytes};
}

// Lends only the context's own memory: what else is in ONNX Runtime's is up to ONNX Runtime.
Result<SharedTensor> OnnxRuntimeContext::KeepOutput(std::size_t index) {
  OutputSlot& output = outputs_[index];
  const ElementType type = graph_->outputs()[index].type;
  if (output.is_ours) return output.ours.Lend(type, output.dims);
  return CopyTensor({.type = type, .dims = output.dims, .data = output.bytes});
}

void OnnxRuntimeContext::TakeOutputMemory(std::size_t index, std::shared_ptr<std::byte> memory,
                                          std::size_t size) {
  OutputSlot& output = outputs_[index];
  if (graph_->outputs()[index].fixed()) {
    output.ours.Use(std::move(memory), size);
  } else {
    output.place = {.bytes = std::move(memory), .size = size};
  }
}

// Estimates the memory of a context's values and names, rounded up.
std::uint64_t ContextBytes(const Ports& ports) {
  constexpr std::uint64_t kForContext = 4096;
  constexpr std::uint64_t kForTensor = 1024;
  return kForContext + kForTensor * (ports.inputs.size() + ports.outputs.size());
}

}  // namespace

std::shared_ptr<const Graph> NewGraph(SessionParts parts, Ports ports, std::uint64_t model_bytes) {
  OnnxRuntimeGraph::Traits traits{.context_bytes = ContextBytes(ports), .threads = parts.threads};
  return std::make_shared<const OnnxRuntimeGraph>(std::move(parts), std::move(ports), model_bytes,
                                                  std::move(traits));
}

}  // namespace namesake::onnxruntime
