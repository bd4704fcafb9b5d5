// For embedders of Wasmtime: gives a guest, module or component, the wasi-nn functions of a view.
//
// The only public header that depends on the engine, and only on the names of its C types.
#ifndef NAMESAKE_WASMTIME_H_
#define NAMESAKE_WASMTIME_H_

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "namesake/error.h"
#include "namesake/export.h"
#include "namesake/view.h"

extern "C" {
struct wasmtime_linker;
struct wasmtime_context;
struct wasmtime_error;
struct wasmtime_component_linker_t;
struct wasmtime_component_t;
struct wasmtime_component_instance;
struct NamesakeComponentPre;
}

namespace namesake {

// Returns the view of the calling store. Must return the same view for the whole life of a store,
// since the view owns what the guest holds. Must not fail and must not block. Runs on the guest's
// thread.
using FindView = View* (*)(void* env, wasmtime_context* store);

// Defines the module `wasi_ephemeral_nn` (witx) in `linker`. Every call looks up the view, so one
// linker may serve many stores; `env` must outlive the linker's stores. Errors: invalid_argument if
// the linker already has such a definition.
NAMESAKE_API Result<void> DefineWasiNn(wasmtime_linker* linker, FindView find_view, void* env);

// Like the above, for a linker whose guests all use one view, which must outlive its stores.
NAMESAKE_API Result<void> DefineWasiNn(wasmtime_linker* linker, View& view);

// The functions of that module; constant.
NAMESAKE_API std::span<const std::string_view> WasiNnFunctions();
// The module's name.
inline constexpr std::string_view kWasiNnModule = "wasi_ephemeral_nn";

// Defines `wasi:nn`, in the versions found in wit/, and `namesake:nn` for components. A view serves
// the components of one store. In other respects like the functions for modules.
//
// The data that a call hands over counts against the engine's budget for host calls (128 MiB by
// default); a call that exceeds it traps. Set the budget with `namesake_store_set_hostcall_budget`
// of `namesake_components.h`.
NAMESAKE_API Result<void> DefineWasiNn(wasmtime_component_linker_t* linker, FindView find_view,
                                       void* env);
NAMESAKE_API Result<void> DefineWasiNn(wasmtime_component_linker_t* linker, View& view);

// The full names of those interfaces, such as "wasi:nn/graph@0.2.0-rc-2024-10-28"; constant.
NAMESAKE_API std::span<const std::string_view> WasiNnInterfaces();

// What a guest program may import besides WASI and wasi-nn (namesake/guest.h). All guests of the
// program use these definitions, so they must be safe for all threads and live as long as the
// guests.
struct GuestImports {
  // Defines the imports of a module in its linker; empty for none. Load returns its error.
  std::function<Result<void>(wasmtime_linker*)> module{};
  // Defines the imports of a component.
  std::function<Result<void>(wasmtime_component_linker_t*)> component{};
};

// A component whose imports are resolved and checked, so that an instance costs microseconds.
// Movable; any number of threads may instantiate it at once. Keeps what it needs of the linker and
// the component, both of which may end before it.
class NAMESAKE_API ComponentPre {
 public:
  // Errors: invalid_argument, with the engine's words, for an import that is missing or differs.
  static Result<ComponentPre> Make(const wasmtime_component_linker_t* linker,
                                   const wasmtime_component_t* component);

  // Runs the component's start code in `store`, which owns the instance. Returns null, or the
  // engine's error, which may be a trap's; the caller owns it.
  wasmtime_error* Instantiate(wasmtime_context* store, wasmtime_component_instance* instance) const;

 private:
  struct Delete {
    void operator()(NamesakeComponentPre* pre) const;
  };

  explicit ComponentPre(NamesakeComponentPre* pre) : pre_(pre) {}

  std::unique_ptr<NamesakeComponentPre, Delete> pre_;
};

}  // namespace namesake

#endif  // NAMESAKE_WASMTIME_H_
