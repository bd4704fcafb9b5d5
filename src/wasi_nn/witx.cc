// Defines the module `wasi_ephemeral_nn` in a linker of Wasmtime: passes raw calls to
// `wasi_nn::witx::Invoke`, and turns errors into an errno and a line in the log.
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/fail.h"
#include "base/log.h"
#include "engine/guest_memory.h"
#include "namesake/view.h"
#include "namesake/wasmtime.h"
#include "wasi_nn/witx_calls.h"
#include "wasi_nn/witx_codes.h"

namespace namesake {
namespace {

using wasi_nn::witx::Errno;
using wasi_nn::witx::Function;

// What Wasmtime passes back to our callback when a guest calls it.
struct Binding {
  const Function& function;
  FindView find_view;
  void* env;
};

using Args = std::array<std::uint32_t, wasi_nn::witx::kMaxParameters>;

Args ToArgs(std::span<const wasmtime_val_raw_t> values) {
  Args args{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    args[i] = static_cast<std::uint32_t>(values[i].i32);
  }
  return args;
}

Result<void> Invoke(const Function& function, View& view, wasmtime_caller_t* caller,
                    const Args& args) {
  const auto memory = engine::GuestMemory::Of(caller);
  if (!memory) return base::Fail(memory);
  return wasi_nn::witx::Invoke(function, view, *memory, std::span(args).first(function.parameters));
}

// Logs why a call failed, and returns the guest's answer.
Errno Refuse(const Function& function, View& view, const Args& args, const Error& error) {
  const Errno answer = wasi_nn::witx::ToErrno(error.code());
  const auto level =
      error.code() == ErrorCode::kInternal ? spdlog::level::err : spdlog::level::debug;
  base::Log().log(level, "{}.{}: {} ({}): {}", kWasiNnModule, function.name,
                  ErrorCodeName(error.code()), std::to_underlying(answer), error.detail());
  if (!wasi_nn::witx::AsksForSize(function, args, error.code())) {
    view.NoteRefusal(function.name, error);
  }
  return answer;
}

// The callback of all functions. Lets no exception through, and never traps.
wasm_trap_t* OnCall(void* env, wasmtime_caller_t* caller, wasmtime_val_raw_t* values,
                    std::size_t /*count*/) noexcept {
  const auto& binding = *static_cast<const Binding*>(env);
  View& view = *binding.find_view(binding.env, wasmtime_caller_context(caller));
  const Args args = ToArgs(std::span(values, binding.function.parameters));
  const auto done = Invoke(binding.function, view, caller, args);
  const Errno answer = done ? Errno::kSuccess : Refuse(binding.function, view, args, done.error());
  values[0].i32 = static_cast<std::int32_t>(std::to_underlying(answer));
  return nullptr;
}

struct DeleteFuncType {
  void operator()(wasm_functype_t* type) const { wasm_functype_delete(type); }
};

// All parameters and the result are i32.
std::unique_ptr<wasm_functype_t, DeleteFuncType> TypeOf(const Function& function) {
  wasm_valtype_vec_t parameters;
  wasm_valtype_vec_new_uninitialized(&parameters, function.parameters);
  for (std::size_t i = 0; i < function.parameters; ++i) {
    parameters.data[i] = wasm_valtype_new(WASM_I32);
  }
  wasm_valtype_t* result = wasm_valtype_new(WASM_I32);
  wasm_valtype_vec_t results;
  wasm_valtype_vec_new(&results, 1, &result);
  return std::unique_ptr<wasm_functype_t, DeleteFuncType>(wasm_functype_new(&parameters, &results));
}

}  // namespace

Result<void> DefineWasiNn(wasmtime_linker* linker, FindView find_view, void* env) {
  for (const Function& function : wasi_nn::witx::Functions()) {
    auto binding = std::make_unique<Binding>(function, find_view, env);
    const auto type = TypeOf(function);
    // Takes ownership of the binding, even on failure.
    wasmtime_error_t* const error = wasmtime_linker_define_func_unchecked(
        linker, kWasiNnModule.data(), kWasiNnModule.size(), function.name.data(),
        function.name.size(), type.get(), OnCall, binding.release(),
        [](void* owned) { delete static_cast<Binding*>(owned); });
    if (error != nullptr) {
      return base::Fail(ErrorCode::kInvalidArgument, "can't define {}.{}: {}", kWasiNnModule,
                        function.name, wasmtime::Error(error).message());
    }
  }
  return {};
}

std::span<const std::string_view> WasiNnFunctions() {
  static const std::vector<std::string_view> kNames = [] {
    std::vector<std::string_view> names;
    for (const Function& function : wasi_nn::witx::Functions()) names.push_back(function.name);
    return names;
  }();
  return kNames;
}

Result<void> DefineWasiNn(wasmtime_linker* linker, View& view) {
  return DefineWasiNn(
      linker, [](void* env, wasmtime_context*) { return static_cast<View*>(env); }, &view);
}

}  // namespace namesake
