// wasi:nn and namesake:nn in a component linker of Wasmtime's.
#include <namesake_components.h>

#include <array>
#include <bit>
#include <wasmtime.hh>

#include "base/fail.h"
#include "namesake/view.h"
#include "namesake/wasmtime.h"
#include "wasi_nn/wit_calls.h"

// rust/src/casts.rs was checked against this version; rust/build.rs says what to do for another.
static_assert(
    std::string_view(WASMTIME_VERSION) == "48.0.8",
    "rust/src/casts.rs reaches into Wasmtime 48.0.8: check it against this version first");

namespace namesake {
namespace {

constexpr auto kInterfaces = std::to_array<std::string_view>({
    "wasi:nn/tensor@0.2.0-rc-2024-06-25",
    "wasi:nn/graph@0.2.0-rc-2024-06-25",
    "wasi:nn/inference@0.2.0-rc-2024-06-25",
    "wasi:nn/errors@0.2.0-rc-2024-06-25",
    "wasi:nn/tensor@0.2.0-rc-2024-08-19",
    "wasi:nn/graph@0.2.0-rc-2024-08-19",
    "wasi:nn/inference@0.2.0-rc-2024-08-19",
    "wasi:nn/errors@0.2.0-rc-2024-08-19",
    "wasi:nn/tensor@0.2.0-rc-2024-10-28",
    "wasi:nn/graph@0.2.0-rc-2024-10-28",
    "wasi:nn/inference@0.2.0-rc-2024-10-28",
    "wasi:nn/errors@0.2.0-rc-2024-10-28",
    "namesake:nn/names@0.1.0",
    "namesake:nn/introspection@0.1.0",
});

}  // namespace

std::span<const std::string_view> WasiNnInterfaces() { return kInterfaces; }

Result<void> DefineWasiNn(wasmtime_component_linker_t* linker, FindView find_view, void* env) {
  // A reference and a pointer are returned alike (Itanium C++ ABI, 3.1.2), and the view's type is
  // opaque to the crate.
  const auto c_find_view = std::bit_cast<NamesakeFindView>(find_view);
  if (auto* error = namesake_component_linker_define_wasi_nn(linker, &wasi_nn::wit::Calls(),
                                                             c_find_view, env)) {
    return base::Fail(ErrorCode::kInvalidArgument, "can't define wasi:nn: {}",
                      wasmtime::Error(error).message());
  }
  return {};
}

Result<void> DefineWasiNn(wasmtime_component_linker_t* linker, View& view) {
  return DefineWasiNn(
      linker, [](void* env, wasmtime_context*) { return static_cast<View*>(env); }, &view);
}

}  // namespace namesake
