// Modules: WASI preview 1, and the module wasi_ephemeral_nn.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/fail.h"
#include "base/nearest.h"
#include "engine/guest_limits.h"
#include "guest/program.h"

namespace namesake::guest {
namespace {

struct DeletePre {
  void operator()(wasmtime_instance_pre_t* pre) const { wasmtime_instance_pre_delete(pre); }
};
using InstancePre = std::unique_ptr<wasmtime_instance_pre_t, DeletePre>;

constexpr const char* kNoStart =
    "the guest exports no function \"_start\"; only WASI commands can be run";

std::optional<std::string> WhyNoStart(const wasmtime::Module& module) {
  for (const auto& item : module.exports()) {
    if (item.name() != "_start") continue;
    const auto type = wasmtime::ExternType::from_export(item);
    const auto* const function = std::get_if<wasmtime::FuncType::Ref>(&type);
    if (function == nullptr) break;
    if (function->params().size() == 0 && function->results().size() == 0) return std::nullopt;
    return "the guest's function \"_start\" has parameters or results; a WASI command's has none";
  }
  return kNoStart;
}

// Suggests a correction for an import that the engine did not find: a similar wasi-nn function, or
// the module that has the function.
std::string LinkHint(const wasmtime::Module& module, std::string_view engine_text) {
  const auto functions = WasiNnFunctions();
  for (const auto& import : module.imports()) {
    const std::string missing =
        fmt::format("`{}::{}` has not been defined", import.module(), import.name());
    if (!engine_text.contains(missing)) continue;
    if (import.module() == kWasiNnModule) {
      const auto nearest = base::Nearest(import.name(), functions);
      return nearest ? fmt::format("; did you mean `{}`?", *nearest) : "";
    }
    const bool is_served = std::ranges::count(functions, import.name()) > 0;
    return is_served ? fmt::format("; the host has `{}` in `{}`", import.name(), kWasiNnModule)
                     : "";
  }
  return "";
}

// Replaces WASI's own proc_exit, which refuses codes from 126 on.
Result<void> DefineExit(wasmtime::Linker& linker) {
  linker.allow_shadowing(true);
  auto defined =
      linker.func_wrap("wasi_snapshot_preview1", "proc_exit",
                       [](wasmtime::Caller caller,
                          std::uint32_t code) -> wasmtime::Result<std::monostate, wasmtime::Trap> {
                         CallerOf(caller.context()).exit_code = code;
                         return wasmtime::Trap("exit");
                       });
  linker.allow_shadowing(false);
  if (defined) return {};
  return base::FailInternal("can't define proc_exit: {}", defined.err().message());
}

class ModuleInstance : public Instance {
 public:
  ModuleInstance(engine::GuestStore store, View& view, wasmtime_instance_pre_t* pre)
      : Instance(std::move(store), view), pre_(pre) {}

 private:
  std::optional<GuestEnd> Instantiate() override {
    wasmtime_instance_t instance;
    wasm_trap_t* trap = nullptr;
    if (auto* error =
            wasmtime_instance_pre_instantiate(pre_, store().context().capi(), &instance, &trap)) {
      return store().NotInstantiated(caller().exit_code, wasmtime::Error(error).message());
    }
    if (trap != nullptr) {
      return store().Ended(caller().exit_code, wasmtime::Trap(trap).message());
    }
    instance_ = wasmtime::Instance(instance);
    return std::nullopt;
  }

  GuestEnd CallCommand() override {
    const auto start = std::get<wasmtime::Func>(*instance_->get(store().store(), "_start"));
    const auto returned = start.call(store().store(), {});
    if (returned) return GuestExit{0};
    return store().Ended(caller().exit_code, returned.err().message());
  }

  Result<void> CallExport(const std::string& name) override {
    const auto item = instance_->get(store().store(), name);
    const auto* const function = item ? std::get_if<wasmtime::Func>(&*item) : nullptr;
    if (function == nullptr) {
      return base::Fail(ErrorCode::kInvalidArgument, "the guest exports no function \"{}\"", name);
    }
    const auto called = function->call(store().store(), {});
    return called ? Result<void>()
                  : store().CallFailed(name, caller().exit_code, called.err().message());
  }

  wasmtime_instance_pre_t* const pre_;          // Owned by the program.
  std::optional<wasmtime::Instance> instance_;  // Set once instantiated.
};

class ModuleProgram : public Program {
 public:
  ModuleProgram(Origin origin, const wasmtime::Module& module, InstancePre pre)
      : Program(std::move(origin)),
        module_(module),
        pre_(std::move(pre)),
        why_no_command_(WhyNoStart(module_)) {}

  GuestKind kind() const override { return GuestKind::kModule; }
  std::optional<std::string> WhyNoCommand() const override { return why_no_command_; }
  Result<void> CheckMemories(std::uint64_t max_bytes) const override {
    return engine::CheckMemories(module_, max_bytes);
  }
  std::unique_ptr<Instance> NewInstance(engine::GuestStore store, View& view) const override {
    return std::make_unique<ModuleInstance>(std::move(store), view, pre_.get());
  }

 private:
  const wasmtime::Module module_;
  const InstancePre pre_;
  const std::optional<std::string> why_no_command_;
};

}  // namespace

Result<std::shared_ptr<const Program>> LinkModule(Origin origin, const wasmtime::Module& module,
                                                  const GuestImports& imports) {
  wasmtime::Linker linker(origin.runtime->engine());
  if (auto defined = linker.define_wasi(); !defined) {
    return base::FailInternal("can't define WASI: {}", defined.err().message());
  }
  if (auto defined = DefineExit(linker); !defined) return base::Fail(std::move(defined));
  if (auto defined = DefineWasiNn(linker.capi(), FindView, nullptr); !defined) {
    return base::Fail(std::move(defined));
  }
  if (imports.module) {
    if (auto defined = imports.module(linker.capi()); !defined) {
      return base::Fail(std::move(defined));
    }
  }
  wasmtime_instance_pre_t* pre = nullptr;
  if (auto* error = wasmtime_linker_instantiate_pre(linker.capi(), module.capi(), &pre)) {
    const std::string text = wasmtime::Error(error).message();
    return base::Fail(ErrorCode::kInvalidArgument, "the guest can't be linked: {}{}", text,
                      LinkHint(module, text));
  }
  return std::make_shared<const ModuleProgram>(std::move(origin), module, InstancePre(pre));
}

}  // namespace namesake::guest
