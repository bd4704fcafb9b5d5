// An execution context of a view, with what it counts against the view's limits.
#ifndef NAMESAKE_VIEW_OPEN_CONTEXT_H_
#define NAMESAKE_VIEW_OPEN_CONTEXT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "namesake/account.h"
#include "namesake/backend.h"
#include "namesake/deadline.h"
#include "namesake/registry.h"

namespace namesake::view {

// An open graph: its lease, and the view's reservations for a guest-supplied model; `brought` is
// null for a graph found by name.
struct GraphUse {
  Lease lease;
  std::shared_ptr<const void> brought;
};

// Returns the element type in which guests pass tensors of `type`. The ABIs have neither bool nor
// i8; both pass as u8.
constexpr ElementType CarriedAs(ElementType type) {
  const bool is_byte = type == ElementType::kBool || type == ElementType::kI8;
  return is_byte ? ElementType::kU8 : type;
}

// Movable. One thread at a time.
//
// Inputs and outputs of a fixed size are reserved when the context is made; inputs of a variable
// size before they are copied or shared. A shared tensor counts here while it is shared, as if it
// belonged to the context; reservations of its other holders come on top, so that limits hold in
// whatever order they release it. The size of a variable output is known only after the inference:
// outputs beyond the limit are dropped, with the inputs, and the compute call fails. An output
// counts with its largest size since the context was made, because its memory does not shrink.
class OpenContext {
 public:
  // Makes a context for the lease's placement. `account` must outlive it. Errors: too_large;
  // resource_exhausted; the backend's.
  static Result<OpenContext> Make(GraphUse graph, Account& account);

  const Graph& graph() const { return graph_.lease.graph(); }

  // The guest's name for the model, for messages.
  void SetModelName(std::string name);

  // Like ExecutionContext's. Further errors: too_large; for an output of fixed size beyond
  // `max_tensor_bytes`, before the inference runs.
  Result<void> SetInput(std::size_t index, const TensorView& tensor);
  Result<void> ShareInput(std::size_t index, const SharedTensor& tensor);
  Result<void> Compute(Deadline deadline);
  Result<TensorView> Output(std::size_t index);
  // Reserves nothing for holders that keep the output beyond the next inference; the caller does.
  Result<SharedTensor> ShareOutput(std::size_t index);

 private:
  OpenContext(GraphUse graph, const Account& account, Reservation place, Reservation tensors)
      : graph_(std::move(graph)),
        account_(&account),
        place_(std::move(place)),
        tensors_(std::move(tensors)) {}

  Result<void> CheckThere() const;
  // Returns the input's type for a tensor that a guest passes with the type `carried`.
  ElementType TypeGiven(std::size_t index, ElementType carried) const;
  // `set` passes the input of that size to the context.
  template <typename Set>
  Result<void> ReserveInput(std::size_t index, std::uint64_t bytes, const Set& set);
  Result<void> Renew();
  Result<void> ReserveOutputs(ExecutionContext& computed);

  // Destroyed in reverse order: the context before the lease that pins its graph.
  GraphUse graph_;
  const Account* account_;
  Reservation place_;
  Reservation tensors_;
  // The bytes reserved for each.
  std::vector<std::uint64_t> input_bytes_;
  std::vector<std::uint64_t> output_bytes_;
  std::string model_name_;
  std::unique_ptr<ExecutionContext> context_;  // Null if it could not be renewed.
};

}  // namespace namesake::view

#endif  // NAMESAKE_VIEW_OPEN_CONTEXT_H_
