// Components: WASI 0.2, wasi:nn and namesake:nn.
#include <namesake_components.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fail.h"
#include "base/nearest.h"
#include "base/text.h"
#include "guest/program.h"

namespace namesake::guest {
namespace {

using wasmtime::component::Component;
using wasmtime::component::Func;

// The WASI 0.2 interfaces that the engine serves, for messages; guests may use any 0.2.x.
constexpr auto kWasi = std::to_array<std::string_view>({
    "wasi:cli/environment@0.2",
    "wasi:cli/exit@0.2",
    "wasi:cli/stderr@0.2",
    "wasi:cli/stdin@0.2",
    "wasi:cli/stdout@0.2",
    "wasi:cli/terminal-input@0.2",
    "wasi:cli/terminal-output@0.2",
    "wasi:cli/terminal-stderr@0.2",
    "wasi:cli/terminal-stdin@0.2",
    "wasi:cli/terminal-stdout@0.2",
    "wasi:clocks/monotonic-clock@0.2",
    "wasi:clocks/wall-clock@0.2",
    "wasi:filesystem/preopens@0.2",
    "wasi:filesystem/types@0.2",
    "wasi:io/error@0.2",
    "wasi:io/poll@0.2",
    "wasi:io/streams@0.2",
    "wasi:random/insecure-seed@0.2",
    "wasi:random/insecure@0.2",
    "wasi:random/random@0.2",
    "wasi:sockets/instance-network@0.2",
    "wasi:sockets/ip-name-lookup@0.2",
    "wasi:sockets/network@0.2",
    "wasi:sockets/tcp-create-socket@0.2",
    "wasi:sockets/tcp@0.2",
    "wasi:sockets/udp-create-socket@0.2",
    "wasi:sockets/udp@0.2",
});

constexpr std::string_view kRunInterface = "wasi:cli/run@0.2.";

// Whether the import is of a release 0.2.x; pre-releases are not served.
bool IsServedWasi(std::string_view import) {
  return !import.contains("-rc-") && std::ranges::any_of(kWasi, [&](std::string_view served) {
    return import.starts_with(served) && import.substr(served.size()).starts_with('.');
  });
}

std::string_view WithoutVersion(std::string_view interface) {
  return interface.substr(0, interface.find('@'));
}

// Returns the served interface `name` with the version nearest to that of `import`, or the newest.
std::optional<std::string_view> NearestVersion(std::string_view import, std::string_view name,
                                               std::span<const std::string_view> served) {
  std::vector<std::string_view> same_name;
  for (const std::string_view interface : served) {
    if (WithoutVersion(interface) == name) same_name.push_back(interface);
  }
  if (same_name.empty()) return std::nullopt;
  return base::Nearest(import, same_name).value_or(same_name.back());
}

// Prefers another version of the same name, then a similar name.
std::string NearestText(std::string_view import, std::span<const std::string_view> interfaces) {
  std::vector<std::string_view> served(interfaces.begin(), interfaces.end());
  served.insert(served.end(), kWasi.begin(), kWasi.end());
  auto nearest = NearestVersion(import, WithoutVersion(import), served);
  if (!nearest) {
    std::vector<std::string_view> names;
    for (const std::string_view interface : served) names.push_back(WithoutVersion(interface));
    const auto name = base::Nearest(WithoutVersion(import), names);
    if (!name) return "";
    nearest = NearestVersion(import, *name, served);
  }
  return fmt::format("; the closest match is \"{}\"", nearest.value_or(""));
}

// Reports the first import that is not served by name; empty if there is none.
std::optional<std::string> UnservedText(const engine::Runtime& runtime, const Component& component,
                                        std::span<const std::string_view> interfaces) {
  const auto type = component.type();
  const wasmtime::Engine& engine = runtime.engine();
  for (std::size_t i = 0; i < type.import_count(engine); ++i) {
    const auto import = type.import_nth(engine, i);
    if (!import) break;
    const std::string_view name = import->first;
    if (IsServedWasi(name) || std::ranges::find(interfaces, name) != interfaces.end()) continue;
    return fmt::format("the component imports \"{}\", which this host does not provide{}",
                       base::Printable(name), NearestText(name, interfaces));
  }
  return std::nullopt;
}

std::optional<std::string> FindRun(const engine::Runtime& runtime, const Component& component) {
  const auto type = component.type();
  const wasmtime::Engine& engine = runtime.engine();
  for (std::size_t i = 0; i < type.export_count(engine); ++i) {
    const auto item = type.export_nth(engine, i);
    if (item && item->first.starts_with(kRunInterface)) return std::string(item->first);
  }
  return std::nullopt;
}

constexpr const char* kNoRun =
    "the component exports no \"wasi:cli/run@0.2\"; only commands can be run";

// `wasi:cli/exit` unwinds the guest with an error of its own.
std::optional<std::uint32_t> ExitCodeOf(const wasmtime::Error& error) {
  if (const auto status = error.i32_exit()) return static_cast<std::uint32_t>(*status);
  return std::nullopt;
}

class ComponentInstance : public Instance {
 public:
  // The program owns `pre` and `run`, the name of the export with the command.
  ComponentInstance(engine::GuestStore store, View& view, const ComponentPre& pre,
                    const std::optional<std::string>& run)
      : Instance(std::move(store), view), pre_(pre), run_(run) {}

 private:
  std::optional<GuestEnd> Instantiate() override {
    wasmtime_component_instance_t instance;
    if (auto* error = pre_.Instantiate(store().context().capi(), &instance)) {
      const wasmtime::Error failed(error);
      return store().NotInstantiated(ExitCodeOf(failed), failed.message());
    }
    instance_.emplace(instance);
    return std::nullopt;
  }

  GuestEnd CallCommand() override {
    bool succeeded = false;
    if (auto* error = namesake_component_run(instance_->capi(), store().context().capi(),
                                             reinterpret_cast<const std::uint8_t*>(run_->data()),
                                             run_->size(), &succeeded)) {
      const wasmtime::Error failed(error);
      return store().Ended(ExitCodeOf(failed), failed.message());
    }
    return GuestExit{.code = succeeded ? 0U : 1U, .returned_error = !succeeded};
  }

  Result<void> CallExport(const std::string& name) override {
    auto context = store().context();
    const auto index = instance_->get_export_index(context, nullptr, name);
    const auto function = index ? instance_->get_func(context, *index) : std::optional<Func>();
    if (!function) {
      return base::Fail(ErrorCode::kInvalidArgument, "the guest exports no function \"{}\"", name);
    }
    const auto called = function->call(context, {}, {});
    if (called) return {};
    return store().CallFailed(name, ExitCodeOf(called.err()), called.err().message());
  }

  const ComponentPre& pre_;
  const std::optional<std::string>& run_;
  std::optional<wasmtime::component::Instance> instance_;  // Set once instantiated.
};

class ComponentProgram : public Program {
 public:
  ComponentProgram(Origin origin, ComponentPre pre, std::optional<std::string> run)
      : Program(std::move(origin)), pre_(std::move(pre)), run_(std::move(run)) {}

  GuestKind kind() const override { return GuestKind::kComponent; }
  std::optional<std::string> WhyNoCommand() const override {
    return run_ ? std::nullopt : std::optional<std::string>(kNoRun);
  }
  // A component does not show its memories; their initial sizes are checked at instantiation.
  Result<void> CheckMemories(std::uint64_t /*max_bytes*/) const override { return {}; }
  std::unique_ptr<Instance> NewInstance(engine::GuestStore store, View& view) const override {
    return std::make_unique<ComponentInstance>(std::move(store), view, pre_, run_);
  }

 private:
  const ComponentPre pre_;
  const std::optional<std::string> run_;
};

}  // namespace

Result<std::shared_ptr<const Program>> LinkComponent(Origin origin, const Component& component,
                                                     const GuestImports& imports) {
  const engine::Runtime& runtime = *origin.runtime;
  wasmtime::component::Linker linker(origin.runtime->engine());
  if (auto defined = linker.add_wasip2(); !defined) {
    return base::FailInternal("can't define WASI: {}", defined.err().message());
  }
  if (auto defined = DefineWasiNn(linker.capi(), FindView, nullptr); !defined) {
    return base::Fail(std::move(defined));
  }
  if (imports.component) {
    if (auto defined = imports.component(linker.capi()); !defined) {
      return base::Fail(std::move(defined));
    }
  }
  auto pre = ComponentPre::Make(linker.capi(), component.capi());
  if (!pre) {
    const auto unserved = UnservedText(runtime, component, WasiNnInterfaces());
    return base::Fail(ErrorCode::kInvalidArgument, "the guest can't be linked: {}",
                      unserved.value_or(pre.error().detail()));
  }
  auto run = FindRun(runtime, component);
  return std::make_shared<const ComponentProgram>(std::move(origin), *std::move(pre),
                                                  std::move(run));
}

}  // namespace namesake::guest
