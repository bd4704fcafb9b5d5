// The WebAssembly engine: one configuration, and guests compiled with it.
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
  // Where compiled guests are kept between processes, in the form of Wasmtime's own cache; empty
  // for nowhere.
  std::optional<std::filesystem::path> module_cache_dir{};
  // Guests may have a timeout or be asked to stop. They all look at the engine's epoch at every
  // loop and call then, which makes them slower, and are compiled apart from those that don't.
  bool interruptible = false;
  // Guests may have a memory limit. None may have a shared memory then, as the engine bounds the
  // growth of none.
  bool guest_memory_limits = false;
  // Memories and tables for so many instances at once are mapped beforehand and used again, which
  // makes an instance cost microseconds; one more is refused. 0: each instance maps its own.
  std::uint32_t pooled_instances = 0;
};

// A guest's code, by what it is.
using GuestCode = std::variant<wasmtime::Module, wasmtime::component::Component>;

// Thread-safe; the modules it makes may be used by any number of stores.
class Runtime {
 public:
  // Errors: runtime_error with the engine's own words.
  static Result<std::shared_ptr<Runtime>> Create(const RuntimeOptions& options);

  // Compiles a module or a component, binary or text (.wat), or takes it from the cache. Slow when
  // it compiles. Messages call it `name`. Errors: invalid_argument for what is neither.
  Result<GuestCode> Compile(std::span<const std::byte> bytes, const std::string& name);

  wasmtime::Engine& engine() { return engine_; }
  const wasmtime::Engine& engine() const { return engine_; }
  // What stops its guests.
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
