// An execution context of a view, with what it takes of the view's limits.
#ifndef NAMESAKE_VIEW_OPEN_CONTEXT_H_
#define NAMESAKE_VIEW_OPEN_CONTEXT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "namesake/account.h"
#include "namesake/backend.h"
#include "namesake/deadline.h"
#include "namesake/registry.h"

namespace namesake::view {

// An open graph: its lease, and what the view holds for having brought it, which is null for a
// graph that it found by name.
struct GraphUse {
  Lease lease;
  std::shared_ptr<const void> brought;
};

// The element type by which guests give and take tensors of `type`: the ABIs have no bool and no
// i8, whose bytes are those of a u8.
constexpr ElementType CarriedAs(ElementType type) {
  const bool is_byte = type == ElementType::kBool || type == ElementType::kI8;
  return is_byte ? ElementType::kU8 : type;
}

// Movable. One thread at a time.
//
// Inputs and outputs of a fixed size are reserved when the context is made, inputs of a variable
// size before they are copied or shared. A tensor that is shared counts here as long as it is
// shared, as if it were the context's own: what its other holders reserve for it comes besides, so
// that a limit holds in whichever order they let go. What a graph puts out in a variable size is
// known only when it has computed: outputs beyond the limit are dropped, with the inputs, and the
// compute has failed. An output counts with the most bytes that it has had since the context was
// made, as its memory does not shrink.
class OpenContext {
 public:
  // A context for `placement`. `account` outlives it. Errors: too_large; resource_exhausted; what
  // the backend says.
  static Result<OpenContext> Make(GraphUse graph, const Placement& placement, Account& account);

  const Graph& graph() const { return graph_.lease.graph(); }

  // As ExecutionContext's; errors besides: too_large, for an output beyond `max_tensor_bytes`
  // before the compute where its size is fixed.
  Result<void> SetInput(std::size_t index, const TensorView& tensor);
  Result<void> ShareInput(std::size_t index, const SharedTensor& tensor);
  Result<void> Compute(Deadline deadline);
  Result<TensorView> Output(std::size_t index);
  // Reserves nothing for whoever keeps the output beyond the next compute: that is the caller's.
  Result<SharedTensor> ShareOutput(std::size_t index);

 private:
  OpenContext(GraphUse graph, const Placement& placement, const Account& account, Reservation place,
              Reservation tensors)
      : graph_(std::move(graph)),
        placement_(placement),
        account_(&account),
        place_(std::move(place)),
        tensors_(std::move(tensors)) {}

  Result<void> CheckThere() const;
  // The type that a guest's tensor of the type `carried` has for the input.
  ElementType TypeGiven(std::size_t index, ElementType carried) const;
  // `set` gives the input of that size to the context.
  template <typename Set>
  Result<void> ReserveInput(std::size_t index, std::uint64_t bytes, const Set& set);
  Result<void> Renew();
  Result<void> ReserveOutputs(ExecutionContext& computed);

  // Members end in reverse order: the context before the lease that pins its graph.
  GraphUse graph_;
  Placement placement_;
  const Account* account_;
  Reservation place_;
  Reservation tensors_;
  // Reserved for each.
  std::vector<std::uint64_t> input_bytes_;
  std::vector<std::uint64_t> output_bytes_;
  std::unique_ptr<ExecutionContext> context_;  // Null when it could not be renewed.
};

}  // namespace namesake::view

#endif  // NAMESAKE_VIEW_OPEN_CONTEXT_H_
