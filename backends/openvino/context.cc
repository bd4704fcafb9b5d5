#include "backend_openvino/context.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <openvino/runtime/exception.hpp>
#include <openvino/runtime/infer_request.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "backend_openvino/ports.h"
#include "backend_openvino/vendor_call.h"
#include "base/alarm.h"
#include "base/fail.h"
#include "graph/tensor_buffer.h"
#include "graph/tensor_copy.h"

namespace namesake::openvino {
namespace {

using Bytes = std::span<const std::byte>;

struct InputSlot {
  // The request's own tensor, into which inputs are copied; empty while the request uses other
  // bytes.
  ov::Tensor own{};
  // The shared bytes that the request uses instead, and its tensor for them; null if there are
  // none.
  std::shared_ptr<const std::byte> shared{};
  ov::Tensor tensor{};
  // Further bytes that it may still refer to, because OpenVINO failed to take them.
  std::vector<std::shared_ptr<const std::byte>> failed{};
  // The bytes that the request reads.
  Bytes bytes{};
};

struct OutputSlot {
  // Memory of the context that the request computes into, if the output has a fixed shape. Outputs
  // that are one tensor for OpenVINO share it.
  std::shared_ptr<graph::TensorBuffer> ours{};
  // The memory from `ours` that the request has accepted.
  const std::byte* taken = nullptr;
  // A copy of an output that was in an input's memory.
  std::optional<graph::TensorBuffer> apart{};
  // The last inference's output; refers to `tensor`, `ours` or `apart`.
  ov::Tensor tensor{};
  std::vector<std::uint64_t> dims{};
  Bytes bytes{};
};

// Read-only, so it also works for a tensor that OpenVINO may not write to.
Bytes BytesOf(const ov::Tensor& tensor) {
  return {static_cast<const std::byte*>(tensor.data()), tensor.get_byte_size()};
}

class OpenVinoContext : public ExecutionContext {
 public:
  // Throws OpenVINO's exceptions.
  OpenVinoContext(std::shared_ptr<const Graph> graph, std::shared_ptr<base::AlarmClock> alarms,
                  ov::CompiledModel compiled);

  // Takes the tensors of inputs with fixed shapes, and provides memory for outputs with fixed
  // shapes. Errors: runtime_error if there is no memory. Throws OpenVINO's exceptions.
  Result<void> Prepare();

 private:
  Result<void> CopyInput(std::size_t index, const TensorView& tensor) override;
  Result<void> BindInput(std::size_t index, const SharedTensor& tensor) override;
  Result<void> Run(Deadline deadline) override;
  Result<TensorView> ReadOutput(std::size_t index) override;
  Result<SharedTensor> KeepOutput(std::size_t index) override;
  void TakeOutputMemory(std::size_t index, std::shared_ptr<std::byte> memory,
                        std::size_t size) override;

  void ReplaceInput(std::size_t index, const TensorView& tensor);
  Result<void> GiveOutputMemory();
  void Restart();
  void RestartAfterFailure() noexcept;
  Result<void> Infer(Deadline deadline);
  Result<void> TakeOutputs();
  bool LiesInAnInput(Bytes bytes) const;

  const std::shared_ptr<base::AlarmClock> alarms_;
  ov::CompiledModel compiled_;
  // Whether the request must be replaced before the next inference.
  bool failed_ = false;
  // Before the request, which refers to the shared bytes and must be destroyed first.
  std::vector<InputSlot> inputs_;
  std::vector<OutputSlot> outputs_;
  ov::InferRequest request_;
};

// The memory of an infer request itself, rounded up: with OpenVINO 2026.4.1, 2.4 kB were measured,
// and 1.1 kB for each input and output.
std::uint64_t ContextBytes(const Description& description) {
  constexpr std::uint64_t kForRequest = 4096;
  constexpr std::uint64_t kForTensor = 2048;
  return kForRequest + kForTensor * (description.inputs.size() + description.outputs.size()) +
         description.state_bytes;
}

class OpenVinoGraph : public Graph {
 public:
  using Graph::Traits;

  OpenVinoGraph(Description description, Encoding encoding, std::uint64_t model_bytes,
                Traits traits, CompiledParts parts)
      : Graph(std::move(description.inputs), std::move(description.outputs), model_bytes, encoding,
              std::move(traits)),
        parts_(std::move(parts)) {}

  Result<std::unique_ptr<ExecutionContext>> NewContext(
      const Placement& /*placement*/) const override {
    return VendorCall("OpenVINO can't make an execution context",
                      [this]() -> Result<std::unique_ptr<ExecutionContext>> {
                        // A handle: the compiled model itself is shared and safe for all threads.
                        auto context = std::make_unique<OpenVinoContext>(
                            shared_from_this(), parts_.alarms, parts_.compiled);
                        if (auto ready = context->Prepare(); !ready) {
                          return base::Fail(std::move(ready));
                        }
                        return context;
                      });
  }

 private:
  CompiledParts parts_;
};

// Returns OpenVINO's shape of the input if that is fixed, because a scalar may be passed as [1].
ov::Shape VendorShape(const TensorInfo& info, std::span<const std::uint64_t> dims) {
  if (!info.fixed()) return {dims.begin(), dims.end()};
  ov::Shape shape;
  for (const Dim& dim : *info.shape) shape.push_back(dim.min);
  return shape;
}

OpenVinoContext::OpenVinoContext(std::shared_ptr<const Graph> graph,
                                 std::shared_ptr<base::AlarmClock> alarms,
                                 ov::CompiledModel compiled)
    : ExecutionContext(std::move(graph)),
      alarms_(std::move(alarms)),
      compiled_(std::move(compiled)),
      inputs_(this->graph().inputs().size()),
      outputs_(this->graph().outputs().size()),
      request_(compiled_.create_infer_request()) {}

Result<void> OpenVinoContext::Prepare() {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (!graph().inputs()[i].fixed()) continue;
    inputs_[i].own = request_.get_input_tensor(i);
    inputs_[i].bytes = BytesOf(inputs_[i].own);
  }
  std::map<std::pair<const std::byte*, std::size_t>, std::shared_ptr<graph::TensorBuffer>> ours;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    OutputSlot& output = outputs_[i];
    output.tensor = request_.get_output_tensor(i);
    if (!graph().outputs()[i].fixed()) continue;
    const Bytes bytes = BytesOf(output.tensor);
    // Skip an output that is also an input: OpenVINO would use its memory for the input, too.
    if (LiesInAnInput(bytes)) continue;
    auto& shared = ours[{bytes.data(), bytes.size()}];
    if (!shared) shared = std::make_shared<graph::TensorBuffer>();
    output.ours = shared;
  }
  return GiveOutputMemory();
}

// Makes a new tensor instead of reshaping the old one: if memory runs out in set_shape, the tensor
// keeps its old buffer but has the new shape.
void OpenVinoContext::ReplaceInput(std::size_t index, const TensorView& tensor) {
  ov::Tensor replacement(ToVendorType(tensor.type),
                         VendorShape(graph().inputs()[index], tensor.dims));
  graph::CopyTensorBytes({static_cast<std::byte*>(replacement.data()), tensor.data.size()},
                         tensor.data);
  request_.set_input_tensor(index, replacement);
  const Bytes bytes = BytesOf(replacement);
  inputs_[index] = {.own = std::move(replacement), .bytes = bytes};
}

Result<void> OpenVinoContext::CopyInput(std::size_t index, const TensorView& tensor) {
  return VendorCall(fmt::format("OpenVINO can't set input {}", index), [&] {
    InputSlot& input = inputs_[index];
    const bool fits = input.own && (graph().inputs()[index].fixed() ||
                                    std::ranges::equal(input.own.get_shape(), tensor.dims));
    if (!fits) return ReplaceInput(index, tensor);
    graph::CopyTensorBytes({static_cast<std::byte*>(input.own.data()), tensor.data.size()},
                           tensor.data);
    if (input.failed.empty()) return;
    request_.set_input_tensor(index, input.own);
    input.failed.clear();
  });
}

// Releases the request's own memory, so that a context holds the input's bytes once, not twice.
Result<void> OpenVinoContext::BindInput(std::size_t index, const SharedTensor& tensor) {
  const void* const bytes = tensor.bytes.get();
  // Operations read whole elements, so the bytes must be aligned.
  if (reinterpret_cast<std::uintptr_t>(bytes) % ElementTypeSize(tensor.type) != 0) {
    return CopyInput(index, tensor.view());
  }
  return VendorCall(fmt::format("OpenVINO can't set input {}", index), [&] {
    InputSlot& input = inputs_[index];
    // Read-only for OpenVINO: an operation that works in place copies it during the inference.
    ov::Tensor bound(ToVendorType(tensor.type), VendorShape(graph().inputs()[index], tensor.dims),
                     bytes);
    // If OpenVINO fails to take these bytes, it may refer to them nevertheless, or to the ones
    // before.
    input.failed.push_back(tensor.bytes);
    request_.set_input_tensor(index, bound);
    input = {.shared = tensor.bytes, .tensor = std::move(bound), .bytes = tensor.view().data};
  });
}

// Gives the request memory for outputs with fixed shapes, and new memory if somebody holds an
// earlier output. OpenVINO computes directly into it.
//
// Several outputs of one operation can be one tensor for OpenVINO. Each of them must be given the
// memory: after the first, OpenVINO already reports the new memory, but still writes to the old.
Result<void> OpenVinoContext::GiveOutputMemory() {
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    OutputSlot& output = outputs_[i];
    if (!output.ours) continue;
    const auto memory = output.ours->RenewCleared(output.tensor.get_byte_size());
    if (!memory) return base::Fail(memory);
    // Also repeats what OpenVINO failed to accept last time.
    if (output.taken == memory->data()) continue;
    request_.set_output_tensor(
        i, ov::Tensor(output.tensor.get_element_type(), output.tensor.get_shape(), memory->data()));
    output.taken = memory->data();
  }
  return {};
}

// Runs on the caller's thread, whatever the deadline: to hand it to another takes time. Cancelling
// takes effect between two operations of the graph, and does nothing before the request
// has begun.
Result<void> OpenVinoContext::Infer(Deadline deadline) {
  const auto late = [] {
    return base::Fail(ErrorCode::kTimeout, "the inference did not finish in time");
  };
  if (deadline.passed()) return late();
  const base::Alarm alarm(*alarms_, deadline, [this] { request_.cancel(); });
  try {
    request_.infer();
  } catch (const ov::Cancelled&) {
    return late();
  }
  return {};
}

// After a failed inference the request keeps outputs of variable size, which nobody counts. A new
// request has none of them. The inputs belong to this context.
void OpenVinoContext::Restart() {
  ov::InferRequest request = compiled_.create_infer_request();
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const InputSlot& input = inputs_[i];
    if (input.own) request.set_input_tensor(i, input.own);
    if (input.tensor) request.set_input_tensor(i, input.tensor);
  }
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    OutputSlot& output = outputs_[i];
    output.taken = nullptr;
    output.apart.reset();
    output.bytes = {};
    if (!output.ours) output.tensor = request.get_output_tensor(i);
  }
  request_ = std::move(request);
  failed_ = false;
}

void OpenVinoContext::RestartAfterFailure() noexcept {
  failed_ = !std::ranges::all_of(graph().outputs(), &TensorInfo::fixed);
  if (!failed_) return;
  try {
    Restart();
  } catch (...) {
    // The next inference tries again.
  }
}

Result<void> OpenVinoContext::Run(Deadline deadline) {
  auto ran = VendorCall("OpenVINO can't compute", [&]() -> Result<void> {
    if (failed_) Restart();
    if (auto given = GiveOutputMemory(); !given) return given;
    if (auto inferred = Infer(deadline); !inferred) return inferred;
    return TakeOutputs();
  });
  if (!ran) RestartAfterFailure();
  return ran;
}

bool OpenVinoContext::LiesInAnInput(Bytes bytes) const {
  return std::ranges::any_of(
      inputs_, [&](const InputSlot& input) { return graph::Overlap(bytes, input.bytes); });
}

// Copies at once, because inputs may be replaced before the outputs are read: if an output is a
// parameter of the graph, it *is* the input's tensor for OpenVINO.
Result<void> OpenVinoContext::TakeOutputs() {
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    OutputSlot& output = outputs_[i];
    output.tensor = request_.get_output_tensor(i);
    const ov::Shape& shape = output.tensor.get_shape();
    output.dims.assign(shape.begin(), shape.end());
    output.bytes = BytesOf(output.tensor);
    if (!LiesInAnInput(output.bytes)) {
      output.apart.reset();
      continue;
    }
    if (!output.apart) output.apart.emplace();
    const auto copy = output.apart->Renew(output.bytes.size());
    if (!copy) return base::Fail(copy);
    graph::CopyTensorBytes(*copy, output.bytes);
    output.bytes = *copy;
  }
  return {};
}

Result<TensorView> OpenVinoContext::ReadOutput(std::size_t index) {
  const OutputSlot& output = outputs_[index];
  return TensorView{
      .type = graph().outputs()[index].type, .dims = output.dims, .data = output.bytes};
}

// Lends only the context's own memory: how long OpenVINO's lasts, and what else is stored in it, is
// up to OpenVINO.
Result<SharedTensor> OpenVinoContext::KeepOutput(std::size_t index) {
  OutputSlot& output = outputs_[index];
  const ElementType type = graph().outputs()[index].type;
  if (output.apart) return output.apart->Lend(type, output.dims);
  if (output.ours && output.bytes.data() == output.taken) {
    return output.ours->Lend(type, output.dims);
  }
  return CopyTensor({.type = type, .dims = output.dims, .data = output.bytes});
}

// An output of variable size is computed into OpenVINO's own memory and copied, whoever's memory it
// is given.
void OpenVinoContext::TakeOutputMemory(std::size_t index, std::shared_ptr<std::byte> memory,
                                       std::size_t size) {
  OutputSlot& output = outputs_[index];
  if (output.ours) output.ours->Use(std::move(memory), size);
}

}  // namespace

std::shared_ptr<const Graph> NewGraph(Description description, Encoding encoding,
                                      std::uint64_t model_bytes, std::vector<std::string> notes,
                                      CompiledParts parts) {
  OpenVinoGraph::Traits traits{.context_bytes = ContextBytes(description),
                               .notes = std::move(notes),
                               .keeps_state = description.state_bytes > 0,
                               .threads = parts.threads};
  return std::make_shared<const OpenVinoGraph>(std::move(description), encoding, model_bytes,
                                               std::move(traits), std::move(parts));
}

}  // namespace namesake::openvino
