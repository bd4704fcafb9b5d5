// A view: what one import of wasi-nn is bound to.
//
// A view holds the authority of one guest instance (a tenant, a policy, limits, a scope of its own)
// and all that the instance has open: graphs and execution contexts by handle. The guest ABIs
// decode a call, make it here and encode the answer; an embedder of another WebAssembly runtime can
// call it directly. One thread at a time, as the instance itself. Nothing is shared between two
// views but what their policies say.
#ifndef NAMESAKE_VIEW_H_
#define NAMESAKE_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "namesake/backend.h"
#include "namesake/error.h"
#include "namesake/limits.h"
#include "namesake/model.h"
#include "namesake/registry.h"
#include "namesake/tensor.h"

namespace namesake {

// Which of the host's models a view may see.
enum class HostModels : std::uint8_t { kNone, kAll };
// Whether a guest may hand over a model as bytes.
enum class GuestLoad : std::uint8_t { kForbidden, kAllowed };

struct Policy {
  HostModels host_models = HostModels::kAll;
  GuestLoad guest_load = GuestLoad::kAllowed;
};

// Whose the view is and what it may do; given at link time.
struct Authority {
  std::uint64_t tenant = 0;
  Policy policy{};
  ViewLimits limits{};
};

// A graph or an execution context of one view. Never 0; a handle that was closed, that belongs to
// another view or that is of the other kind is refused with invalid_argument.
enum class GraphHandle : std::uint32_t {};
enum class ContextHandle : std::uint32_t {};

class View {
 public:
  // The view shares `registry`. `instance` is unique among the host's views.
  View(Authority authority, std::uint64_t instance, std::shared_ptr<Registry> registry);
  ~View();
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  // A graph from bytes, `parts` in the encoding's order; they are copied. Errors: security,
  // invalid_argument, invalid_encoding, too_large, timeout, unsupported, runtime_error.
  Result<GraphHandle> Load(std::span<const std::span<const std::byte>> parts, Encoding encoding,
                           Target target);
  // The graph of that name in the view: the instance's own, else the tenant's, else what the policy
  // grants of the host's. `name` may be any bytes. Errors: not_found for every name that the view
  // does not see, invalid_argument for what can't be a name; timeout; what its load failed with.
  Result<GraphHandle> LoadByName(std::string_view name);
  // Errors: invalid_argument; too_large beyond `max_contexts`; what the backend says.
  Result<ContextHandle> InitExecutionContext(GraphHandle graph);

  // The three below are ExecutionContext's, within the view's limits; errors besides those:
  // invalid_argument for a handle, too_large beyond `max_tensor_bytes`, timeout.
  Result<void> SetInput(ContextHandle context, std::size_t index, const TensorView& tensor);
  Result<void> Compute(ContextHandle context);
  // Lives until the next call on the context that is not GetOutput.
  Result<TensorView> GetOutput(ContextHandle context, std::size_t index);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace namesake

#endif  // NAMESAKE_VIEW_H_
