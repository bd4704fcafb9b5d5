// A view: what one import of wasi-nn is bound to.
//
// A view holds the authority of one guest instance (a tenant, its policy, limits, and the
// instance's own scope) and everything that the instance has open: graphs and execution contexts by
// handle. The guest ABIs decode a call, make it here and encode the answer; an embedder of another
// WebAssembly runtime can call the view directly. One thread at a time, like the instance itself.
// Two views share only what their policies allow. What a view holds is given back when it ends.
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

// The tenant of a view and what the view may use; given at link time. The view pins the tenant.
struct Authority {
  const Tenant& tenant;
  // Replaces the tenant's `instance_limits`.
  std::optional<InstanceLimits> limits{};
  // The directories in which `RegisterNamed` may find models: those that the guest can reach by
  // WASI.
  std::vector<GuestDirectory> directories{};
  // Returns the time at which the guest must end: no wait of a call goes beyond it. Called on the
  // guest's thread by each call that may block. Empty for no such time.
  std::function<Deadline()> guest_deadline{};
};

// A tensor that a guest holds, with the bytes that it takes from the view's limits. Movable; may
// outlive the view.
struct HeldTensor {
  SharedTensor tensor;
  Reservation bytes;
};

// The failed calls of a guest.
struct Refusals {
  std::uint64_t count = 0;
  // The first failed call: the function's name in the guest's interface, such as "load_by_name",
  // and the error's code. Contains no text from the guest.
  std::string_view first_function{};
  ErrorCode first_code{};
};

// A graph or an execution context of one view. Never 0. A handle that was closed, that belongs to
// another view, or that is of the other kind is refused with invalid_argument.
enum class GraphHandle : std::uint32_t {};
enum class ContextHandle : std::uint32_t {};

// A model as a tenant sees it: the visible name, and the model. If the name is an alias, it differs
// from `model.key.name`.
struct VisibleModel {
  std::string name;
  ModelStatus model;
};

namespace view {
// The parts that a view gets from its host.
struct ViewParts;
}  // namespace view

class NAMESAKE_API View {
 public:
  // Called only by `Host::NewView`.
  explicit View(view::ViewParts parts);
  ~View();
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  // Loads a graph from bytes, which are copied; `parts` are in the encoding's order. Errors:
  // security, invalid_argument, invalid_encoding, too_large, resource_exhausted, timeout,
  // unsupported, runtime_error.
  Result<GraphHandle> Load(std::span<const std::span<const std::byte>> parts, Encoding encoding,
                           Target target);
  // Like Load, but also registers the model under `name` in the scope that the policy allows.
  // Registers nothing if it fails. Errors: those of `Load`; invalid_argument for a name that is not
  // valid or is taken in the scope.
  Result<GraphHandle> LoadNamed(std::span<const std::span<const std::byte>> parts,
                                Encoding encoding, Target target, std::string_view name);
  // Registers a model at a guest's path, beneath one of the guest's directories: a file, or a
  // directory if the encoding is one. Copies the files, and loads the copy. Errors: those of
  // `LoadNamed`; security for a path that leads out of the guest's directories.
  Result<void> RegisterNamed(std::string_view name, Encoding encoding, Target target,
                             std::string_view guest_path);
  // Unregisters a name that a guest registered, in the scope that the policy allows. Open graphs
  // stay open. Errors: not_found; security for a name that the operator gave, and if the policy
  // lets guests register nothing.
  Result<void> UnregisterNamed(std::string_view name);

  // Returns the graph that the view sees under `name`: the instance's own, else the tenant's, else
  // one of the host's that the policy grants. `name` may be any bytes. Errors: not_found for every
  // name that the view does not see; invalid_argument for a name that is not valid; timeout; the
  // error of the load.
  Result<GraphHandle> LoadByName(std::string_view name);
  // Like LoadByName, with backend options as a JSON object of strings, numbers and booleans; an
  // empty object makes it `LoadByName`. Different options give another graph. Further errors:
  // invalid_argument for anything but such an object; security for an option that the policy does
  // not let guests set; too_large beyond `max_config_bytes`.
  Result<GraphHandle> LoadByNameWithConfig(std::string_view name, std::string_view config);

  // The longest configuration accepted, in bytes; an ABI need not read more.
  std::size_t max_config_bytes() const;

  // The names that the view sees, sorted and without duplicates.
  std::vector<std::string> ListNamed() const;
  // Returns the graph's inputs and outputs as JSON (docs/abi.md). Errors: invalid_argument.
  Result<std::string> Describe(GraphHandle graph) const;

  // Closes the handle; the graph's contexts stay usable. Errors: invalid_argument.
  Result<void> Unload(GraphHandle graph);

  // Errors: invalid_argument; too_large or resource_exhausted by `max_contexts` or
  // `max_total_tensor_bytes`; those of the backend.
  Result<ContextHandle> InitExecutionContext(GraphHandle graph);
  // Errors: invalid_argument.
  Result<void> FinalizeExecutionContext(ContextHandle context);

  // The three functions below are those of ExecutionContext, within the view's limits. Further
  // errors: invalid_argument for a handle; too_large beyond `max_tensor_bytes`; too_large or
  // resource_exhausted by `max_total_tensor_bytes`; timeout; busy if too many inferences wait. If
  // outputs of variable size exceed a limit, Compute drops them, and the inputs with them.
  Result<void> SetInput(ContextHandle context, std::size_t index, const TensorView& tensor);
  Result<void> Compute(ContextHandle context);
  // Valid until the next call on the context other than GetOutput.
  Result<TensorView> GetOutput(ContextHandle context, std::size_t index);

  // For guests that know tensors by name: returns the index of the input or output with that name,
  // or with that decimal index. Errors: invalid_argument, with the names that exist.
  Result<std::size_t> FindInput(ContextHandle context, std::string_view name) const;
  Result<std::size_t> FindOutput(ContextHandle context, std::string_view name) const;
  // For guests that hold tensors of their own. NewTensor makes the one copy of an input: contexts
  // compute on its bytes. ShareOutput returns the backend's own output without a copy. Errors of
  // both: too_large beyond `max_tensor_bytes`; too_large or resource_exhausted by
  // `max_total_tensor_bytes`; runtime_error if memory runs out; for ShareOutput also those of
  // GetOutput. ShareInput has the errors of SetInput. A slot from NewTensorPlace must be held with
  // each tensor of the guest; errors: resource_exhausted by `max_tensors`.
  Result<Reservation> NewTensorPlace();
  Result<HeldTensor> NewTensor(const TensorView& tensor);
  Result<void> ShareInput(ContextHandle context, std::size_t index, const SharedTensor& tensor);
  Result<HeldTensor> ShareOutput(ContextHandle context, std::size_t index);
  // Returns an open graph, valid until its handle is closed. Errors: invalid_argument.
  Result<const Graph*> FindGraph(GraphHandle graph) const;
  // Returns the graph of a context, which outlives the handle that the context was made from.
  Result<const Graph*> FindGraph(ContextHandle context) const;

  // For guest ABIs: counts a failed call. Logs a warning the first time the guest reaches a limit,
  // once per limit. `function` must be a string literal.
  void NoteRefusal(std::string_view function, const Error& error) noexcept;
  const Refusals& refusals() const;

  // What the view holds now under its own limits; all 0 if it holds nothing.
  const Account& account() const;

  // A slot for state of the guest ABI that serves the view; initially empty. Destroyed with the
  // view, before the graphs and contexts.
  std::shared_ptr<void>& abi_state();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace namesake

#endif  // NAMESAKE_VIEW_H_
