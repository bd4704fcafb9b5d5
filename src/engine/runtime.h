// The WebAssembly engine: one configuration, and the guests compiled with it.
#ifndef NAMESAKE_ENGINE_RUNTIME_H_
#define NAMESAKE_ENGINE_RUNTIME_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <wasmtime.hh>
#include <wasmtime/component.hh>

#include "engine/guest_watch.h"
#include "namesake/error.h"

namespace namesake::engine {

struct RuntimeOptions {
  // Where compiled guests are kept between processes, in the format of Wasmtime's own cache; empty
  // for nowhere.
  std::optional<std::filesystem::path> module_cache_dir{};
  // Whether guests may have a timeout or be asked to stop. Such guests check the engine's epoch at
  // every loop and call, which slows them down; their compiled form differs.
  bool interruptible = false;
  // Whether guests may have a memory limit. Then shared memories are not allowed, because the
  // engine can't limit their growth.
  bool guest_memory_limits = false;
  // Maps memories and tables for this many instances in advance and reuses them, so that an
  // instance costs microseconds. Any more instances are refused. With 0, each instance maps its
  // own.
  std::uint32_t pooled_instances = 0;
};

// A guest's compiled code, by kind.
using GuestCode = std::variant<wasmtime::Module, wasmtime::component::Component>;

// Thread-safe. Any number of stores may use its modules.
class Runtime {
 public:
  // Errors: runtime_error with the engine's own words.
  static Result<std::shared_ptr<Runtime>> Create(const RuntimeOptions& options);

  // Compiles a module or a component, binary or text (.wat), or takes it from the cache. Compiling
  // is slow. Messages call it `name`. Errors: invalid_argument for anything else.
  Result<GuestCode> Compile(std::span<const std::byte> bytes, const std::string& name);

  wasmtime::Engine& engine() { return engine_; }
  const wasmtime::Engine& engine() const { return engine_; }
  // Stops this runtime's guests.
  GuestWatch& watch() { return watch_; }
  bool interruptible() const { return interruptible_; }
  bool guest_memory_limits() const { return guest_memory_limits_; }

  // The engine's version, such as "48.0.8".
  static std::string Version();

 private:
  Runtime(wasmtime::Engine engine, const RuntimeOptions& options)
      : engine_(std::move(engine)),
        watch_(engine_),
        interruptible_(options.interruptible),
        guest_memory_limits_(options.guest_memory_limits) {}

  wasmtime::Engine engine_;
  GuestWatch watch_;
  const bool interruptible_;
  const bool guest_memory_limits_;
};

}  // namespace namesake::engine

#endif  // NAMESAKE_ENGINE_RUNTIME_H_
