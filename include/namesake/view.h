// A view: what one import of wasi-nn is bound to.
//
// A view holds the authority of one guest instance (a tenant, its policy, limits, a scope of its
// own) and all that the instance has open: graphs and execution contexts by handle. The guest ABIs
// decode a call, make it here and encode the answer; an embedder of another WebAssembly runtime can
// call it directly. One thread at a time, as the instance itself. Nothing is shared between two
// views but what their policies say; what a view holds is given back when it ends.
#ifndef NAMESAKE_VIEW_H_
#define NAMESAKE_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/backend.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "namesake/export.h"
#include "namesake/guest_directory.h"
#include "namesake/limits.h"
#include "namesake/model.h"
#include "namesake/registry.h"
#include "namesake/tenant.h"
#include "namesake/tensor.h"

namespace namesake {

// Whose the view is and what it may use; given at link time. The view pins the tenant.
struct Authority {
  const Tenant& tenant;
  // In place of the tenant's `instance_limits`.
  std::optional<InstanceLimits> limits{};
  // Where `RegisterNamed` may find models: what the guest can reach by WASI.
  std::vector<GuestDirectory> directories{};
  // When the guest's own time ends: no wait of a call goes beyond it. Asked by each call that may
  // block, on the guest's thread; empty for never.
  std::function<Deadline()> guest_deadline{};
};

// A tensor that a guest holds, with the bytes of the view's limits that it takes until it ends.
// Movable; may outlive the view.
struct HeldTensor {
  SharedTensor tensor;
  Reservation bytes;
};

// The calls of a guest that failed.
struct Refusals {
  std::uint64_t count = 0;
  // The first of them: the function as the guest's interface calls it, such as "load_by_name", and
  // the error's code. Nothing that a guest has made up.
  std::string_view first_function{};
  ErrorCode first_code{};
};

// A graph or an execution context of one view. Never 0; a handle that was closed, that belongs to
// another view or that is of the other kind is refused with invalid_argument.
enum class GraphHandle : std::uint32_t {};
enum class ContextHandle : std::uint32_t {};

// A model as a tenant sees it: the name it has for the tenant, and what it is. An alias differs
// from `model.key.name`.
struct VisibleModel {
  std::string name;
  ModelStatus model;
};

namespace view {
// What a view shares with its host; made by it.
struct ViewParts;
}  // namespace view

class NAMESAKE_API View {
 public:
  // By `Host::NewView`.
  explicit View(view::ViewParts parts);
  ~View();
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  // A graph from bytes, `parts` in the encoding's order; they are copied. Errors: security,
  // invalid_argument, invalid_encoding, too_large, resource_exhausted, timeout, unsupported,
  // runtime_error.
  Result<GraphHandle> Load(std::span<const std::span<const std::byte>> parts, Encoding encoding,
                           Target target);
  // The same, and keeps the model under `name` in the scope that the policy allows. Nothing is kept
  // when it fails. Errors besides those of `Load`: invalid_argument for what can't be a name, and
  // for a name that the scope has.
  Result<GraphHandle> LoadNamed(std::span<const std::span<const std::byte>> parts,
                                Encoding encoding, Target target, std::string_view name);
  // Gives a name to a model at a path of the guest's, beneath one of its directories: a file, or a
  // directory where the encoding is one. Takes a copy of the files, and loads it. Errors: as for
  // `LoadNamed`; security for a path that leads out of the guest's directories.
  Result<void> RegisterNamed(std::string_view name, Encoding encoding, Target target,
                             std::string_view guest_path);
  // Takes away a name that a guest registered, in the scope that the policy allows. Graphs that are
  // open stay. Errors: not_found; security for a name that the operator gave or where the policy
  // lets guests register nothing.
  Result<void> UnregisterNamed(std::string_view name);

  // The graph of that name in the view: the instance's own, else the tenant's, else what the policy
  // grants of the host's. `name` may be any bytes. Errors: not_found for every name that the view
  // does not see, invalid_argument for what can't be a name; timeout; what its load failed with.
  Result<GraphHandle> LoadByName(std::string_view name);
  // The same with backend options, a JSON object of strings, numbers and booleans; one without any
  // is `LoadByName`. Options that differ give another graph. Errors besides: invalid_argument for
  // what is no such object; security for an option that the policy does not let guests set;
  // too_large beyond `max_config_bytes`.
  Result<GraphHandle> LoadByNameWithConfig(std::string_view name, std::string_view config);

  // Of `max_config_bytes`: no longer configuration need be read to be refused.
  std::size_t max_config_bytes() const;

  // The names that the view sees, sorted, each once.
  std::vector<std::string> ListNamed() const;
  // The graph's inputs and outputs as JSON (docs/abi.md). Errors: invalid_argument.
  Result<std::string> Describe(GraphHandle graph) const;

  // Closes the handle; the graph's contexts go on. Errors: invalid_argument.
  Result<void> Unload(GraphHandle graph);

  // Errors: invalid_argument; too_large or resource_exhausted by `max_contexts` or
  // `max_total_tensor_bytes`; what the backend says.
  Result<ContextHandle> InitExecutionContext(GraphHandle graph);
  // Errors: invalid_argument.
  Result<void> FinalizeExecutionContext(ContextHandle context);

  // The three below are ExecutionContext's, within the view's limits; errors besides those:
  // invalid_argument for a handle, too_large beyond `max_tensor_bytes`, too_large or
  // resource_exhausted by `max_total_tensor_bytes`, timeout, busy when too many computes wait.
  Result<void> SetInput(ContextHandle context, std::size_t index, const TensorView& tensor);
  Result<void> Compute(ContextHandle context);
  // Lives until the next call on the context that is not GetOutput.
  Result<TensorView> GetOutput(ContextHandle context, std::size_t index);

  // For guests that know tensors by name: the input or output of that name, or of that decimal
  // index. Errors: invalid_argument, with the names that there are.
  Result<std::size_t> FindInput(ContextHandle context, std::string_view name) const;
  Result<std::size_t> FindOutput(ContextHandle context, std::string_view name) const;
  // For guests that hold tensors of their own. The one copy of an input is `NewTensor`'s: contexts
  // compute on its bytes. The output of `ShareOutput` is the backend's own; what its holder does
  // with it is the one copy. Errors of both: too_large beyond `max_tensor_bytes`, too_large or
  // resource_exhausted by `max_total_tensor_bytes`, runtime_error without memory; of `ShareOutput`
  // besides, those of GetOutput. `ShareInput` is as SetInput. A place is to be held with each
  // tensor of the guest's; errors: resource_exhausted by `max_tensors`.
  Result<Reservation> NewTensorPlace();
  Result<HeldTensor> NewTensor(const TensorView& tensor);
  Result<void> ShareInput(ContextHandle context, std::size_t index, const SharedTensor& tensor);
  Result<HeldTensor> ShareOutput(ContextHandle context, std::size_t index);
  // What an open graph is. Errors: invalid_argument. Lives until the graph's handle is closed.
  Result<const Graph*> FindGraph(GraphHandle graph) const;
  // That of a context, which outlives the handle that it was made from.
  Result<const Graph*> FindGraph(ContextHandle context) const;

  // For guest ABIs: counts a call that failed. Logs a warning the first time that the guest meets a
  // limit, once for each limit. `function` is a literal.
  void NoteRefusal(std::string_view function, const Error& error) noexcept;
  const Refusals& refusals() const;

  // What the view holds of its own limits at the moment; all 0 for a view that holds nothing.
  const Account& account() const;

  // Room for what the guest ABI that serves the view keeps for its guest, empty at first; it ends
  // with the view, before the graphs and contexts.
  std::shared_ptr<void>& abi_state();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace namesake

#endif  // NAMESAKE_VIEW_H_
