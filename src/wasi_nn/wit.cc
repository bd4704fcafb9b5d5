// Defines wasi:nn and namesake:nn in a component linker of Wasmtime.
#include <namesake_components.h>

#include <bit>
#include <deque>
#include <string>
#include <vector>
#include <wasmtime.hh>

#include "base/fail.h"
#include "namesake/view.h"
#include "namesake/wasmtime.h"
#include "wasi_nn/wit_calls.h"

// rust/src/casts.rs was checked against this version; see rust/build.rs before using another.
static_assert(
    std::string_view(WASMTIME_VERSION) == "48.0.8",
    "rust/src/casts.rs reaches into Wasmtime 48.0.8: check it against this version first");

namespace namesake {

std::span<const std::string_view> WasiNnInterfaces() {
  struct Names {
    std::deque<std::string> texts;  // Never move.
    std::vector<std::string_view> views;
  };
  static const Names kNames = [] {
    Names names;
    namesake_wasi_nn_interfaces(&names, [](void* sink, NamesakeBytes text) noexcept {
      auto& all = *static_cast<Names*>(sink);
      all.views.push_back(
          all.texts.emplace_back(reinterpret_cast<const char*>(text.data), text.len));
    });
    return names;
  }();
  return kNames.views;
}

Result<void> DefineWasiNn(wasmtime_component_linker_t* linker, FindView find_view, void* env) {
  // References and pointers are returned alike (Itanium C++ ABI, 3.1.2), and the view's type is
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
