#include "engine/component_guest.h"

#include <namesake_components.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/fail.h"
#include "base/nearest.h"
#include "base/text.h"

namespace namesake::engine {
namespace {

using wasmtime::component::Component;
using wasmtime::component::Func;

// WASI 0.2 as the engine serves it, for messages; any 0.2 that a guest was built for will do.
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

// Of a release 0.2.x; a pre-release is none.
bool IsServedWasi(std::string_view import) {
  return !import.contains("-rc-") && std::ranges::any_of(kWasi, [&](std::string_view served) {
    return import.starts_with(served) && import.substr(served.size()).starts_with('.');
  });
}

std::string_view WithoutVersion(std::string_view interface) {
  return interface.substr(0, interface.find('@'));
}

// The interface of that name, the version of which is nearest to that of `import`, or the newest.
std::optional<std::string_view> NearestVersion(std::string_view import, std::string_view name,
                                               std::span<const std::string_view> served) {
  std::vector<std::string_view> same_name;
  for (const std::string_view interface : served) {
    if (WithoutVersion(interface) == name) same_name.push_back(interface);
  }
  if (same_name.empty()) return std::nullopt;
  return base::Nearest(import, same_name).value_or(same_name.back());
}

// Of the same name and another version first, else of a name alike.
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
  return fmt::format("; the nearest that is served is \"{}\"", nearest.value_or(""));
}

// Nothing where all imports have the name of something that is served.
std::optional<std::string> UnservedText(const Runtime& runtime, const Component& component,
                                        std::span<const std::string_view> interfaces) {
  const auto type = component.type();
  const wasmtime::Engine& engine = runtime.engine();
  for (std::size_t i = 0; i < type.import_count(engine); ++i) {
    const auto import = type.import_nth(engine, i);
    if (!import) break;
    const std::string_view name = import->first;
    if (IsServedWasi(name) || std::ranges::find(interfaces, name) != interfaces.end()) continue;
    return fmt::format("the component imports \"{}\", which nothing here serves{}",
                       base::Printable(name), NearestText(name, interfaces));
  }
  return std::nullopt;
}

std::optional<std::string> FindRun(const Runtime& runtime, const Component& component) {
  const auto type = component.type();
  const wasmtime::Engine& engine = runtime.engine();
  for (std::size_t i = 0; i < type.export_count(engine); ++i) {
    const auto item = type.export_nth(engine, i);
    if (item && item->first.starts_with(kRunInterface)) return std::string(item->first);
  }
  return std::nullopt;
}

// `wasi:cli/exit` unwinds the guest with an error of its own.
std::optional<std::uint32_t> ExitCodeOf(const wasmtime::Error& error) {
  if (const auto status = error.i32_exit()) return static_cast<std::uint32_t>(*status);
  return std::nullopt;
}

}  // namespace

Result<ComponentGuest> ComponentGuest::Link(Runtime& runtime, const Component& component,
                                            const CommandOptions& options,
                                            const ComponentImports& imports) {
  auto store = GuestStore::Make(runtime, options);
  if (!store) return base::Fail(std::move(store));
  wasmtime::component::Linker linker(runtime.engine());
  if (auto defined = linker.add_wasip2(); !defined) {
    return base::Fail(ErrorCode::kInternal, "can't define WASI: {}", defined.err().message());
  }
  if (auto defined = imports.define(linker.capi()); !defined) return base::Fail(std::move(defined));
  auto pre = ComponentPre::Make(linker.capi(), component.capi());
  if (!pre) {
    const auto unserved = UnservedText(runtime, component, imports.interfaces);
    return base::Fail(ErrorCode::kInvalidArgument, "the guest can't be linked: {}",
                      unserved.value_or(pre.error().detail()));
  }
  return ComponentGuest(*std::move(store), *std::move(pre), FindRun(runtime, component));
}

GuestEnd ComponentGuest::Ended(const wasmtime::Error& error) const {
  return store_.Ended(ExitCodeOf(error), error.message());
}

const std::optional<GuestEnd>& ComponentGuest::Instantiate() {
  if (instance_ || end_at_start_) return end_at_start_;
  wasmtime_component_instance_t instance;
  if (auto* error = pre_.Instantiate(store_.context().capi(), &instance)) {
    const wasmtime::Error failed(error);
    end_at_start_ = store_.NotInstantiated(ExitCodeOf(failed), failed.message());
  } else {
    instance_.emplace(instance);
  }
  return end_at_start_;
}

Result<void> ComponentGuest::CheckIsCommand() const {
  if (run_) return {};
  return base::Fail(ErrorCode::kInvalidArgument,
                    "the component exports no \"wasi:cli/run@0.2\"; only commands can be run");
}

GuestEnd ComponentGuest::Run() {
  GuestEnd end = RunToEnd();
  store_.CloseStdout();
  return end;
}

GuestEnd ComponentGuest::RunToEnd() {
  if (auto is_command = CheckIsCommand(); !is_command) {
    return GuestNotStarted{is_command.error().detail()};
  }
  const auto alarm = store_.StartClock();
  if (!alarm) return GuestNotStarted{alarm.error().detail()};
  if (const auto& ended = Instantiate()) return *ended;
  bool succeeded = false;
  if (auto* error = namesake_component_run(instance_->capi(), store_.context().capi(),
                                           reinterpret_cast<const std::uint8_t*>(run_->data()),
                                           run_->size(), &succeeded)) {
    return Ended(wasmtime::Error(error));
  }
  return GuestExit{.code = succeeded ? 0U : 1U, .returned_error = !succeeded};
}

Result<void> ComponentGuest::Call(const std::string& name) {
  const auto alarm = store_.StartClock();
  if (!alarm) return base::Fail(alarm);
  if (const auto& ended = Instantiate()) {
    if (const auto* const denied = std::get_if<GuestNotStarted>(&*ended)) {
      return base::Fail(ErrorCode::kRuntimeError, "the guest can't be started: {}", denied->reason);
    }
    const auto* const trap = std::get_if<GuestTrap>(&*ended);
    return store_.CallFailed(name, trap == nullptr ? "it ended at its start" : trap->backtrace);
  }
  auto context = store_.context();
  const auto index = instance_->get_export_index(context, nullptr, name);
  const auto function = index ? instance_->get_func(context, *index) : std::optional<Func>();
  if (!function) {
    return base::Fail(ErrorCode::kInvalidArgument, "the guest exports no function \"{}\"", name);
  }
  if (auto called = function->call(context, {}, {}); !called) {
    return store_.CallFailed(name, called.err().message());
  }
  return {};
}

}  // namespace namesake::engine
