#include "view/open_context.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>
#include <utility>

#include "base/fail.h"
#include "graph/tensor_shape.h"

namespace namesake::view {
namespace {

// 0 for a tensor of variable size, and for one too large for any memory.
std::uint64_t FixedBytes(const TensorInfo& info) { return graph::FixedBytes(info).value_or(0); }

std::vector<std::uint64_t> FixedBytes(const std::vector<TensorInfo>& tensors) {
  std::vector<std::uint64_t> bytes;
  for (const TensorInfo& tensor : tensors) bytes.push_back(FixedBytes(tensor));
  return bytes;
}

std::uint64_t Sum(const std::vector<std::uint64_t>& bytes) {
  return std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0});
}

// Returns the bytes of all inputs and outputs, and of the context itself. Errors: too_large beyond
// one address space, so that adding tensors of variable size can't overflow 64 bits.
Result<std::uint64_t> FixedBytes(const Graph& graph) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::ptrdiff_t>::max();
  std::uint64_t sum = graph.context_bytes();
  for (const auto* const tensors : {&graph.inputs(), &graph.outputs()}) {
    for (const TensorInfo& tensor : *tensors) {
      const std::uint64_t bytes = FixedBytes(tensor);
      if (bytes > kMost - sum) {
        return base::Fail(ErrorCode::kTooLarge,
                          "the graph's inputs and outputs are larger than any memory; no execution "
                          "context can be created");
      }
      sum += bytes;
    }
  }
  return sum;
}

// Shrinks a reservation to `bytes` when destroyed, also by an exception. Shrinking never fails.
struct Settlement {
  ~Settlement() { static_cast<void>(tensors.Resize(bytes)); }

  Reservation& tensors;
  std::uint64_t bytes;
};

}  // namespace

Result<OpenContext> OpenContext::Make(GraphUse graph, Account& account) {
  auto place = account.Reserve(Resource::kContexts, 1, Account::Extent::kHere);
  if (!place) return base::Fail(std::move(place));
  const Graph& loaded = graph.lease.graph();
  const auto bytes = FixedBytes(loaded);
  if (!bytes) return base::Fail(bytes);
  auto tensors = account.Reserve(Resource::kTensorBytes, *bytes);
  if (!tensors) return base::Fail(std::move(tensors));
  OpenContext context(std::move(graph), account, *std::move(place), *std::move(tensors));
  if (auto made = context.Renew(); !made) return base::Fail(std::move(made));
  return context;
}

void OpenContext::SetModelName(std::string name) {
  if (context_ != nullptr) context_->set_model_name(name);
  model_name_ = std::move(name);
}

Result<void> OpenContext::Renew() {
  const Graph& graph = graph_.lease.graph();
  auto context = graph.NewContext(graph_.lease.placement());
  if (!context) return base::Fail(std::move(context));
  std::vector<std::uint64_t> inputs = FixedBytes(graph.inputs());
  std::vector<std::uint64_t> outputs = FixedBytes(graph.outputs());
  if (auto resized = tensors_.Resize(graph.context_bytes() + Sum(inputs) + Sum(outputs));
      !resized) {
    return resized;
  }
  context_ = *std::move(context);
  context_->set_model_name(model_name_);
  input_bytes_ = std::move(inputs);
  output_bytes_ = std::move(outputs);
  return {};
}

Result<void> OpenContext::CheckThere() const {
  if (context_ != nullptr) return {};
  return base::Fail(ErrorCode::kRuntimeError,
                    "the execution context is unusable: its outputs exceeded the limit and it "
                    "could not be recreated; create another");
}

Result<TensorView> OpenContext::Output(std::size_t index) {
  if (auto there = CheckThere(); !there) return base::Fail(std::move(there));
  return context_->Output(index);
}

Result<SharedTensor> OpenContext::ShareOutput(std::size_t index) {
  if (auto there = CheckThere(); !there) return base::Fail(std::move(there));
  return context_->ShareOutput(index);
}

template <typename Set>
Result<void> OpenContext::ReserveInput(std::size_t index, std::uint64_t bytes, const Set& set) {
  if (auto there = CheckThere(); !there) return there;
  const bool resizes = index < input_bytes_.size() && input_bytes_[index] != bytes &&
                       !graph_.lease.graph().inputs()[index].fixed();
  if (!resizes) return set();
  const std::uint64_t before = tensors_.amount();
  const std::uint64_t after = before - input_bytes_[index] + bytes;
  if (auto resized = tensors_.Resize(std::max(before, after)); !resized) return resized;
  Settlement settlement{.tensors = tensors_, .bytes = before};
  auto done = set();
  if (!done) return done;
  input_bytes_[index] = bytes;
  settlement.bytes = after;
  return done;
}

ElementType OpenContext::TypeGiven(std::size_t index, ElementType carried) const {
  const auto& inputs = graph().inputs();
  if (index >= inputs.size() || CarriedAs(inputs[index].type) != carried) return carried;
  return inputs[index].type;
}

Result<void> OpenContext::SetInput(std::size_t index, const TensorView& tensor) {
  TensorView given = tensor;
  given.type = TypeGiven(index, tensor.type);
  return ReserveInput(index, given.data.size(), [&] { return context_->SetInput(index, given); });
}

Result<void> OpenContext::ShareInput(std::size_t index, const SharedTensor& tensor) {
  const ElementType type = TypeGiven(index, tensor.type);
  return ReserveInput(index, tensor.size, [&] {
    if (type == tensor.type) return context_->ShareInput(index, tensor);
    SharedTensor given = tensor;
    given.type = type;
    return context_->ShareInput(index, given);
  });
}

Result<void> OpenContext::Compute(Deadline deadline) {
  if (auto there = CheckThere(); !there) return there;
  const auto& outputs = graph_.lease.graph().outputs();
  for (const TensorInfo& output : outputs) {
    if (auto checked = account_->CheckTensorBytes(FixedBytes(output)); !checked) return checked;
  }
  if (auto computed = context_->Compute(deadline); !computed) return computed;
  if (std::ranges::all_of(outputs, &TensorInfo::fixed)) return {};
  // Nobody may have the outputs before they are reserved, whatever throws meanwhile.
  std::unique_ptr<ExecutionContext> computed = std::move(context_);
  auto reserved = ReserveOutputs(*computed);
  if (reserved) {
    context_ = std::move(computed);
    return {};
  }
  computed.reset();
  if (auto renewed = Renew(); !renewed) return renewed;
  return std::unexpected(reserved.error().WithContext("the outputs and inputs were dropped"));
}

// Reserves the largest size that each output has had, because a backend keeps the memory of a large
// output for later small ones.
Result<void> OpenContext::ReserveOutputs(ExecutionContext& computed) {
  std::vector<std::uint64_t> most = output_bytes_;
  for (std::size_t i = 0; i < most.size(); ++i) {
    const auto output = computed.Output(i);
    if (!output) return base::Fail(output);
    if (auto checked = account_->CheckTensorBytes(output->data.size()); !checked) return checked;
    most[i] = std::max<std::uint64_t>(most[i], output->data.size());
  }
  const std::uint64_t sum = graph().context_bytes() + Sum(input_bytes_) + Sum(most);
  if (auto resized = tensors_.Resize(sum); !resized) return resized;
  output_bytes_ = std::move(most);
  return {};
}

}  // namespace namesake::view
