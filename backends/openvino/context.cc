#include "backend_openvino/context.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <openvino/runtime/exception.hpp>
#include <openvino/runtime/infer_request.hpp>
#include <span>
#include <utility>
#include <vector>

#include "backend_openvino/ports.h"
#include "backend_openvino/vendor_call.h"
#include "base/fail.h"
#include "graph/loan.h"
#include "graph/tensor_copy.h"

namespace namesake::openvino {
namespace {

struct InputSlot {
  // The request's own tensor, which inputs are copied to. Always there for a fixed shape; else only
  // while it is the tensor that the request has.
  ov::Tensor own{};
  // The bytes that the request has instead of it; null where they are none.
  std::shared_ptr<const std::byte> shared{};
  // Those that it may have still, where OpenVINO failed to take others.
  std::shared_ptr<const std::byte> before{};
};

struct OutputSlot {
  // What the views that ReadOutput gives out and what is lent refer to.
  ov::Tensor tensor{};
  std::vector<std::uint64_t> dims{};
  Loan loan{};
};

class OpenVinoContext : public ExecutionContext {
 public:
  OpenVinoContext(std::shared_ptr<const Graph> graph, ov::InferRequest request);

  // Takes the tensors of the inputs whose shape is fixed. Throws what OpenVINO throws.
  void TakeFixedInputs();

 private:
  Result<void> CopyInput(std::size_t index, const TensorView& tensor) override;
  Result<void> BindInput(std::size_t index, const SharedTensor& tensor) override;
  Result<void> Run(Deadline deadline) override;
  Result<TensorView> ReadOutput(std::size_t index) override;
  Result<SharedTensor> KeepOutput(std::size_t index) override;

  void ReplaceInput(std::size_t index, const TensorView& tensor);
  void ReplaceHeldOutputs();
  bool Finish(Deadline deadline);

  // Before the request, which refers to the shared bytes and ends first.
  std::vector<InputSlot> inputs_;
  std::vector<OutputSlot> outputs_;
  ov::InferRequest request_;
};

class OpenVinoGraph : public Graph {
 public:
  OpenVinoGraph(std::vector<TensorInfo> inputs, std::vector<TensorInfo> outputs, Encoding encoding,
                std::uint64_t model_bytes, CompiledParts parts)
      : Graph(std::move(inputs), std::move(outputs), model_bytes, encoding),
        parts_(std::move(parts)) {}

  Result<std::unique_ptr<ExecutionContext>> NewContext() const override {
    return VendorCall("OpenVINO can't make an execution context",
                      [this]() -> std::unique_ptr<ExecutionContext> {
                        // A handle: the compiled model itself is shared and safe for all threads.
                        ov::CompiledModel compiled = parts_.compiled;
                        auto context = std::make_unique<OpenVinoContext>(
                            shared_from_this(), compiled.create_infer_request());
                        context->TakeFixedInputs();
                        return context;
                      });
  }

 private:
  CompiledParts parts_;
};

std::span<std::byte> BytesOf(ov::Tensor& tensor, std::size_t size) {
  return {static_cast<std::byte*>(tensor.data()), size};
}

// The shape that OpenVINO knows the input by, where that is one: a scalar may be given as [1].
ov::Shape VendorShape(const TensorInfo& info, std::span<const std::uint64_t> dims) {
  if (!info.fixed()) return {dims.begin(), dims.end()};
  ov::Shape shape;
  for (const Dim& dim : *info.shape) shape.push_back(dim.min);
  return shape;
}

OpenVinoContext::OpenVinoContext(std::shared_ptr<const Graph> graph, ov::InferRequest request)
    : ExecutionContext(std::move(graph)),
      inputs_(this->graph().inputs().size()),
      outputs_(this->graph().outputs().size()),
      request_(std::move(request)) {}

void OpenVinoContext::TakeFixedInputs() {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (graph().inputs()[i].fixed()) inputs_[i].own = request_.get_input_tensor(i);
  }
}

// A new tensor rather than a new shape for the old one: when memory runs out in set_shape, the
// tensor is left with the new shape and the old buffer.
void OpenVinoContext::ReplaceInput(std::size_t index, const TensorView& tensor) {
  ov::Tensor replacement(ToVendorType(tensor.type),
                         ov::Shape(tensor.dims.begin(), tensor.dims.end()));
  CopyTensorBytes(BytesOf(replacement, tensor.data.size()), tensor.data);
  request_.set_input_tensor(index, replacement);
  inputs_[index] = {.own = std::move(replacement)};
}

Result<void> OpenVinoContext::CopyInput(std::size_t index, const TensorView& tensor) {
  return VendorCall(fmt::format("OpenVINO can't set input {}", index), [&] {
    InputSlot& input = inputs_[index];
    const bool fits = graph().inputs()[index].fixed() ||
                      (input.own && std::ranges::equal(input.own.get_shape(), tensor.dims));
    if (!fits) return ReplaceInput(index, tensor);
    CopyTensorBytes(BytesOf(input.own, tensor.data.size()), tensor.data);
    if (!input.shared) return;
    request_.set_input_tensor(index, input.own);
    input.shared.reset();
  });
}

Result<void> OpenVinoContext::BindInput(std::size_t index, const SharedTensor& tensor) {
  const void* const bytes = tensor.bytes.get();
  // Operations read whole elements.
  if (reinterpret_cast<std::uintptr_t>(bytes) % ElementTypeSize(tensor.type) != 0) {
    return CopyInput(index, tensor.view());
  }
  return VendorCall(fmt::format("OpenVINO can't set input {}", index), [&] {
    const TensorInfo& info = graph().inputs()[index];
    InputSlot& input = inputs_[index];
    input.before = std::exchange(input.shared, tensor.bytes);
    // Read-only to OpenVINO: an operation that works in place gets a copy within the compute.
    request_.set_input_tensor(
        index, ov::Tensor(ToVendorType(tensor.type), VendorShape(info, tensor.dims), bytes));
    input.before.reset();
    if (!info.fixed()) input.own = {};
  });
}

// False when the deadline passed. Cancelling takes effect between two operations of the graph; the
// request is usable again only once it has settled, which is waited for.
bool OpenVinoContext::Finish(Deadline deadline) {
  using std::chrono::ceil, std::chrono::milliseconds;
  request_.start_async();
  const auto left = ceil<milliseconds>(*deadline.when() - Deadline::Clock::now());
  if (request_.wait_for(std::max(left, milliseconds(0)))) return true;
  request_.cancel();
  try {
    request_.wait();
  } catch (const ov::Cancelled&) {
  }
  return false;
}

// Gives the request other memory for the outputs that are held. Of the shape of the last, so that
// it need not grow where the shape stays.
//
// An output of fixed shape is computed straight into it. One of variable shape is not: OpenVINO's
// CPU plugin computes into memory of its own and copies from there into any tensor that it was
// given, with every compute from then on. That is a copy within the compute, only for a context
// whose output somebody once held across a compute; until then what is lent is the plugin's own
// tensor.
//
// Outputs that one operation puts out are one tensor to OpenVINO, and each of them has to be given
// the other memory: it says that it has it as soon as one was, and goes on to write into the old.
void OpenVinoContext::ReplaceHeldOutputs() {
  const auto held = [](const OutputSlot& output) { return output.loan.held(); };
  if (std::ranges::none_of(outputs_, held)) return;
  std::vector<ov::Tensor> before;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    before.push_back(request_.get_output_tensor(i));
  }
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    if (!outputs_[i].loan.held()) continue;
    const ov::Tensor& lent = before[i];
    const ov::Tensor replacement(lent.get_element_type(), lent.get_shape());
    for (std::size_t j = 0; j < outputs_.size(); ++j) {
      if (before[j].data() != lent.data()) continue;
      request_.set_output_tensor(j, replacement);
      outputs_[j] = {.tensor = replacement};
    }
  }
}

Result<void> OpenVinoContext::Run(Deadline deadline) {
  constexpr std::string_view kContext = "OpenVINO can't compute";
  auto replaced = VendorCall(kContext, [this] { ReplaceHeldOutputs(); });
  if (!replaced) return replaced;
  // On the caller's own thread where nothing has to watch it.
  if (deadline.never()) return VendorCall(kContext, [this] { request_.infer(); });
  bool finished = false;
  if (!deadline.passed()) {
    auto ran = VendorCall(kContext, [&] { finished = Finish(deadline); });
    if (!ran) return ran;
  }
  if (finished) return {};
  return Fail(ErrorCode::kTimeout, "the compute did not finish within its time");
}

Result<TensorView> OpenVinoContext::ReadOutput(std::size_t index) {
  return VendorCall(fmt::format("OpenVINO can't give output {}", index), [&]() -> TensorView {
    OutputSlot& output = outputs_[index];
    output.tensor = request_.get_output_tensor(index);
    const ov::Shape& shape = output.tensor.get_shape();
    output.dims.assign(shape.begin(), shape.end());
    const auto* const data = static_cast<const std::byte*>(std::as_const(output.tensor).data());
    return {.type = graph().outputs()[index].type,
            .dims = output.dims,
            .data = std::span(data, output.tensor.get_byte_size())};
  });
}

Result<SharedTensor> OpenVinoContext::KeepOutput(std::size_t index) {
  const auto view = ReadOutput(index);
  if (!view) return std::unexpected(view.error());
  return VendorCall(fmt::format("OpenVINO can't give output {}", index), [&]() -> SharedTensor {
    OutputSlot& output = outputs_[index];
    return {.type = view->type,
            .dims = output.dims,
            .bytes = output.loan.Lend(view->data.data(), output.tensor),
            .size = view->data.size()};
  });
}

}  // namespace

std::shared_ptr<const Graph> NewGraph(Description description, Encoding encoding,
                                      std::uint64_t model_bytes, CompiledParts parts) {
  return std::make_shared<const OpenVinoGraph>(std::move(description.inputs),
                                               std::move(description.outputs), encoding,
                                               model_bytes, std::move(parts));
}

}  // namespace namesake::openvino
