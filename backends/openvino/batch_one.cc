#include "backend_openvino/batch_one.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <openvino/core/partial_shape.hpp>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "backend_openvino/vendor_call.h"
#include "base/fail.h"
#include "base/process_limits.h"
#include "base/wait.h"
#include "graph/tensor_buffer.h"
#include "graph/tensor_copy.h"

namespace namesake::openvino {
namespace {

bool OnlyBatchVaries(const ov::PartialShape& shape) {
  if (shape.rank().is_dynamic() || shape.size() < 2) return false;
  const ov::Dimension& batch = shape[0];
  const bool varies = batch.is_dynamic() && batch.compatible(ov::Dimension(1));
  return varies && std::all_of(shape.begin() + 1, shape.end(), [](const ov::Dimension& dimension) {
           return dimension.is_static();
         });
}

class BatchGraph : public Graph {
 public:
  BatchGraph(Description description, std::shared_ptr<const Graph> one, AnyBatch any)
      : Graph(std::move(description.inputs), std::move(description.outputs), one->model_bytes(),
              one->encoding(),
              Traits{.context_bytes = one->context_bytes(),
                     .notes = one->notes(),
                     .keeps_state = one->keeps_state(),
                     .threads = one->threads()}),
        one_(std::move(one)),
        any_(std::move(any)) {}

  Result<std::unique_ptr<ExecutionContext>> NewContext(const Placement& placement) const override;

  const Graph& one() const { return *one_; }
  const AnyBatch& any() const { return any_; }

 private:
  const std::shared_ptr<const Graph> one_;
  const AnyBatch any_;
};

enum class Batch : std::uint8_t { kOne, kAny };

// Computes in a context of the graph for one or of the graph for any batch, whichever the inputs of
// an inference need. It has only one at a time, and keeps the inputs itself.
class BatchContext : public ExecutionContext {
 public:
  BatchContext(std::shared_ptr<const BatchGraph> batches, const Placement& placement)
      : ExecutionContext(batches),
        batches_(*batches),
        placement_(placement),
        inputs_(batches_.inputs().size()),
        places_(batches_.outputs().size()) {}

 private:
  struct InputSlot {
    SharedTensor tensor{};
    // The memory of `tensor`, if it is this context's own.
    std::shared_ptr<std::byte> own{};
    // Whether `context_` has it.
    bool is_given = false;
  };

  Result<void> CopyInput(std::size_t index, const TensorView& tensor) override;
  Result<void> BindInput(std::size_t index, const SharedTensor& tensor) override;
  Result<void> Run(Deadline deadline) override;
  Result<TensorView> ReadOutput(std::size_t index) override { return context_->Output(index); }
  Result<SharedTensor> KeepOutput(std::size_t index) override {
    return context_->ShareOutput(index);
  }
  void TakeOutputMemory(std::size_t index, std::shared_ptr<std::byte> memory,
                        std::size_t size) override;

  Batch Needed() const;
  Result<void> Put(std::size_t index, InputSlot input);
  Result<void> Give(std::size_t index, InputSlot& input);
  void GivePlace(std::size_t index);
  Result<void> Change(Batch batch, Deadline deadline);

  const BatchGraph& batches_;
  const Placement placement_;
  std::vector<InputSlot> inputs_;
  std::vector<graph::OutputMemory> places_;
  // Made by the first inference.
  std::unique_ptr<ExecutionContext> context_;
  Batch batch_ = Batch::kOne;
};

Result<void> BatchContext::Give(std::size_t index, InputSlot& input) {
  auto shared = context_->ShareInput(index, input.tensor);
  input.is_given = shared.has_value();
  return shared;
}

// Gives the tensor at once where the context can take it, so that no other is held any longer.
Result<void> BatchContext::Put(std::size_t index, InputSlot input) {
  if (context_ != nullptr && (batch_ == Batch::kAny || input.tensor.dims.front() == 1)) {
    if (auto given = Give(index, input); !given) return given;
  }
  inputs_[index] = std::move(input);
  return {};
}

Result<void> BatchContext::CopyInput(std::size_t index, const TensorView& tensor) {
  InputSlot& input = inputs_[index];
  if (input.own == nullptr || !std::ranges::equal(input.tensor.dims, tensor.dims)) {
    auto own = graph::NewTensorBytes(tensor.data.size());
    if (!own) {
      return base::Fail(ErrorCode::kRuntimeError, "OpenVINO can't set input {}: out of memory",
                        index);
    }
    graph::CopyTensorBytes({own->get(), tensor.data.size()}, tensor.data);
    return Put(index, {.tensor = {.type = tensor.type,
                                  .dims = {tensor.dims.begin(), tensor.dims.end()},
                                  .bytes = *own,
                                  .size = tensor.data.size()},
                       .own = *own});
  }
  graph::CopyTensorBytes({input.own.get(), tensor.data.size()}, tensor.data);
  return {};
}

Result<void> BatchContext::BindInput(std::size_t index, const SharedTensor& tensor) {
  return Put(index, {.tensor = tensor});
}

void BatchContext::GivePlace(std::size_t index) {
  const graph::OutputMemory& place = places_[index];
  // The index is right.
  static_cast<void>(context_->PlaceOutput(index, place.bytes, place.size));
}

void BatchContext::TakeOutputMemory(std::size_t index, std::shared_ptr<std::byte> memory,
                                    std::size_t size) {
  places_[index] = {.bytes = std::move(memory), .size = size};
  if (context_ != nullptr) GivePlace(index);
}

Batch BatchContext::Needed() const {
  const bool all_one = std::ranges::all_of(
      inputs_, [](const InputSlot& input) { return input.tensor.dims.front() == 1; });
  return all_one ? Batch::kOne : Batch::kAny;
}

Result<void> BatchContext::Change(Batch batch, Deadline deadline) {
  std::shared_ptr<const Graph> any;
  if (batch == Batch::kAny) {
    auto made = batches_.any().Get(deadline);
    if (!made) return base::Fail(std::move(made));
    any = *std::move(made);
  }
  auto context = (any != nullptr ? *any : batches_.one()).NewContext(placement_);
  if (!context) return base::Fail(std::move(context));
  context_ = *std::move(context);
  batch_ = batch;
  for (InputSlot& input : inputs_) input.is_given = false;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (places_[i].bytes != nullptr) GivePlace(i);
  }
  return {};
}

Result<void> BatchContext::Run(Deadline deadline) {
  if (const Batch batch = Needed(); context_ == nullptr || batch != batch_) {
    if (auto changed = Change(batch, deadline); !changed) return changed;
  }
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].is_given) continue;
    if (auto given = Give(i, inputs_[i]); !given) return given;
  }
  return context_->Compute(deadline);
}

Result<std::unique_ptr<ExecutionContext>> BatchGraph::NewContext(const Placement& placement) const {
  return std::make_unique<BatchContext>(
      std::static_pointer_cast<const BatchGraph>(shared_from_this()), placement);
}

}  // namespace

std::shared_ptr<ov::Model> ForBatchOne(const ov::Model& model) {
  if (model.inputs().empty() || !model.get_variables().empty()) return nullptr;
  const auto& inputs = model.inputs();
  if (!std::ranges::all_of(
          inputs, [](const auto& input) { return OnlyBatchVaries(input.get_partial_shape()); })) {
    return nullptr;
  }
  auto one = model.clone();
  std::map<ov::Output<ov::Node>, ov::PartialShape> shapes;
  for (const auto& input : one->inputs()) {
    ov::PartialShape shape = input.get_partial_shape();
    shape[0] = 1;
    shapes.emplace(input, std::move(shape));
  }
  one->reshape(shapes);
  return one;
}

AnyBatch::Result AnyBatch::Get(Deadline deadline) const {
  std::unique_lock lock(state_->mutex);
  if (state_->made && *state_->made) return *state_->made;
  if (!state_->is_under_way) {
    state_->made.reset();
    auto make = state_->begin();
    try {
      std::thread([state = state_, make = std::move(make)]() mutable {
        Result made = VendorCall("OpenVINO can't compile for another batch", make);
        make = nullptr;
        const std::lock_guard made_lock(state->mutex);
        if (made) state->begin = nullptr;
        state->made = std::move(made);
        state->is_under_way = false;
        state->changed.notify_all();
      }).detach();
    } catch (const std::system_error& error) {
      return base::Fail(ErrorCode::kRuntimeError, "can't start a thread to compile for a batch{}",
                        Wording("", fmt::format(": {}", base::NoThreadText(error))));
    }
    state_->is_under_way = true;
  }
  if (!base::WaitUntil(state_->changed, lock, deadline, [&] { return state_->made.has_value(); })) {
    return base::Fail(ErrorCode::kTimeout, "the inference did not finish in time");
  }
  return *state_->made;
}

std::shared_ptr<const Graph> NewBatchGraph(Description description,
                                           std::shared_ptr<const Graph> one, AnyBatch any) {
  return std::make_shared<const BatchGraph>(std::move(description), std::move(one), std::move(any));
}

}  // namespace namesake::openvino
