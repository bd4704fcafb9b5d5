#include "backend_program/served_context.h"

#include <utility>

#include "base/fail.h"
#include "graph/tensor_copy.h"

namespace namesake::backend_program {
namespace {

bool Same(const protocol::Piece& one, const protocol::Piece& other) {
  return one.slab == other.slab && one.offset == other.offset && one.bytes == other.bytes;
}

}  // namespace

ServedContext::ServedContext(std::unique_ptr<ExecutionContext> context)
    : context_(std::move(context)),
      bound_(context_->graph().inputs().size()),
      places_(context_->graph().outputs().size()) {}

// The bytes of an input that is bound already may have changed since; the backend reads them at
// each inference.
Result<void> ServedContext::BindInput(std::size_t index, const protocol::InputPiece& input,
                                      const SlabMaps& slabs) {
  protocol::InputPiece& bound = bound_[index];
  if (bound.piece.slab != 0 && Same(bound.piece, input.piece) && bound.type == input.type &&
      bound.dims == input.dims) {
    return {};
  }
  auto memory = slabs.Find(input.piece);
  if (!memory) return base::Fail(std::move(memory));
  auto shared = context_->ShareInput(index, {.type = input.type,
                                             .dims = input.dims,
                                             .bytes = *std::move(memory),
                                             .size = static_cast<std::size_t>(input.piece.bytes)});
  if (!shared) return shared;
  bound = input;
  return {};
}

Result<void> ServedContext::PlaceOutput(std::size_t index, const protocol::Piece& piece,
                                        const SlabMaps& slabs) {
  Place& place = places_[index];
  if (piece.bytes == 0) {
    if (std::exchange(place, {}).memory == nullptr) return {};
    return context_->PlaceOutput(index, nullptr, 0);
  }
  if (place.memory != nullptr && Same(place.piece, piece)) return {};
  auto memory = slabs.Find(piece);
  if (!memory) return base::Fail(std::move(memory));
  place = {.piece = piece, .memory = *std::move(memory)};
  return context_->PlaceOutput(index, place.memory, static_cast<std::size_t>(piece.bytes));
}

Result<protocol::ComputedOutput> ServedContext::TakeOutput(std::size_t index) {
  const auto output = context_->Output(index);
  if (!output) return base::Fail(output);
  const Place& place = places_[index];
  protocol::ComputedOutput taken = {.dims = {output->dims.begin(), output->dims.end()},
                                    .bytes = output->data.size(),
                                    .is_placed = output->data.empty()};
  if (output->data.empty() || place.memory == nullptr) return taken;
  taken.is_placed = output->data.size() <= place.piece.bytes;
  if (taken.is_placed && output->data.data() != place.memory.get()) {
    graph::CopyTensorBytes({place.memory.get(), output->data.size()}, output->data);
  }
  return taken;
}

Result<std::vector<protocol::ComputedOutput>> ServedContext::Compute(const protocol::Compute& call,
                                                                     const SlabMaps& slabs) {
  const std::lock_guard lock(mutex_);
  if (call.inputs.size() != bound_.size() || call.outputs.size() != places_.size()) {
    return base::Fail(ErrorCode::kInvalidArgument, "the call has another number of tensors");
  }
  for (std::size_t i = 0; i < bound_.size(); ++i) {
    if (auto ready = BindInput(i, call.inputs[i], slabs); !ready) return base::Fail(ready);
  }
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (auto ready = PlaceOutput(i, call.outputs[i], slabs); !ready) return base::Fail(ready);
  }
  if (auto computed = context_->Compute(call.deadline); !computed) {
    return base::Fail(std::move(computed));
  }
  std::vector<protocol::ComputedOutput> outputs;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    auto taken = TakeOutput(i);
    if (!taken) return base::Fail(std::move(taken));
    outputs.push_back(*std::move(taken));
  }
  return outputs;
}

Result<void> ServedContext::ReadOutput(const protocol::ReadOutput& call, const SlabMaps& slabs) {
  const std::lock_guard lock(mutex_);
  const auto output = context_->Output(static_cast<std::size_t>(call.output));
  if (!output) return base::Fail(output);
  if (output->data.size() != call.to.bytes) {
    return base::Fail(ErrorCode::kInvalidArgument, "the output has another size");
  }
  const auto memory = slabs.Find(call.to);
  if (!memory) return base::Fail(memory);
  graph::CopyTensorBytes({memory->get(), output->data.size()}, output->data);
  return {};
}

}  // namespace namesake::backend_program
