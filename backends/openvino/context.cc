#include "backend_openvino/context.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <openvino/runtime/exception.hpp>
#include <openvino/runtime/infer_request.hpp>
#include <span>
#include <utility>
#include <vector>

#include "backend_openvino/ports.h"
#include "backend_openvino/vendor_call.h"
#include "base/fail.h"

namespace namesake::openvino {
namespace {

class OpenVinoContext : public ExecutionContext {
 public:
  OpenVinoContext(std::shared_ptr<const Graph> graph, ov::InferRequest request);

  // Takes the tensors of the inputs whose shape is fixed. Throws what OpenVINO throws.
  void TakeFixedInputs();

 private:
  Result<void> CopyInput(std::size_t index, const TensorView& tensor) override;
  Result<void> Run(Deadline deadline) override;
  Result<TensorView> ReadOutput(std::size_t index) override;

  void ReplaceInput(std::size_t index, const TensorView& tensor);
  bool Finish(Deadline deadline);

  ov::InferRequest request_;
  // The request's own tensors; empty for an input of variable shape that was never set.
  std::vector<ov::Tensor> inputs_;
  // What the views that ReadOutput gives out refer to.
  std::vector<ov::Tensor> outputs_;
  std::vector<std::vector<std::uint64_t>> output_dims_;
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

bool IsFixed(const TensorInfo& info) {
  return info.shape && std::ranges::all_of(*info.shape, &Dim::fixed);
}

OpenVinoContext::OpenVinoContext(std::shared_ptr<const Graph> graph, ov::InferRequest request)
    : ExecutionContext(std::move(graph)),
      request_(std::move(request)),
      inputs_(this->graph().inputs().size()),
      outputs_(this->graph().outputs().size()),
      output_dims_(outputs_.size()) {}

void OpenVinoContext::TakeFixedInputs() {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (IsFixed(graph().inputs()[i])) inputs_[i] = request_.get_input_tensor(i);
  }
}

// A new tensor rather than a new shape for the old one: when memory runs out in set_shape, the
// tensor is left with the new shape and the old buffer.
void OpenVinoContext::ReplaceInput(std::size_t index, const TensorView& tensor) {
  ov::Tensor replacement(ToVendorType(tensor.type),
                         ov::Shape(tensor.dims.begin(), tensor.dims.end()));
  std::memcpy(replacement.data(), tensor.data.data(), tensor.data.size());
  request_.set_input_tensor(index, replacement);
  inputs_[index] = std::move(replacement);
}

Result<void> OpenVinoContext::CopyInput(std::size_t index, const TensorView& tensor) {
  return VendorCall(fmt::format("OpenVINO can't set input {}", index), [&] {
    ov::Tensor& input = inputs_[index];
    const bool fits = IsFixed(graph().inputs()[index]) ||
                      (input && std::ranges::equal(input.get_shape(), tensor.dims));
    if (!fits) return ReplaceInput(index, tensor);
    std::memcpy(input.data(), tensor.data.data(), tensor.data.size());
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

Result<void> OpenVinoContext::Run(Deadline deadline) {
  constexpr std::string_view kContext = "OpenVINO can't compute";
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
    ov::Tensor& output = outputs_[index];
    output = request_.get_output_tensor(index);
    const ov::Shape& shape = output.get_shape();
    output_dims_[index].assign(shape.begin(), shape.end());
    const auto* const data = static_cast<const std::byte*>(std::as_const(output).data());
    return {.type = graph().outputs()[index].type,
            .dims = output_dims_[index],
            .data = std::span(data, output.get_byte_size())};
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
