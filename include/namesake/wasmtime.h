// For embedders of Wasmtime: gives a guest the wasi-nn functions of a view.
//
// The only public header that knows the engine, and that only by the names of two of its C types.
#ifndef NAMESAKE_WASMTIME_H_
#define NAMESAKE_WASMTIME_H_

#include "namesake/error.h"
#include "namesake/view.h"

extern "C" {
struct wasmtime_linker;
struct wasmtime_context;
}

namespace namesake {

// Finds the view of the store that is calling. Must not fail and must not block. Runs on the
// guest's thread.
using FindView = View& (*)(void* env, wasmtime_context* store);

// Defines the module `wasi_ephemeral_nn` (witx) in `linker`. The view is found anew by every call,
// so that one linker may serve many stores; `env` must outlive the linker's stores. Errors:
// invalid_argument when the linker already has such a definition.
Result<void> DefineWasiNn(wasmtime_linker* linker, FindView find_view, void* env);

// The same for a linker whose guests all belong to one view, which must outlive its stores.
Result<void> DefineWasiNn(wasmtime_linker* linker, View& view);

}  // namespace namesake

#endif  // NAMESAKE_WASMTIME_H_
