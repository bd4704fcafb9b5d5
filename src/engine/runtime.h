// The WebAssembly engine: one configuration, and guests compiled with it.
#ifndef NAMESAKE_ENGINE_RUNTIME_H_
#define NAMESAKE_ENGINE_RUNTIME_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <wasmtime.hh>
#include <wasmtime/component.hh>

#include "namesake/error.h"

namespace namesake::engine {

struct RuntimeOptions {
  // Where compiled guests are kept between processes, in the form of Wasmtime's own cache; empty
  // for nowhere.
  std::optional<std::filesystem::path> module_cache_dir{};
  // Guests may have a timeout. They all look at the engine's epoch at every loop and call then,
  // which makes them slower, and are compiled apart from those that don't.
  bool guest_timeouts = false;
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
  static Result<std::unique_ptr<Runtime>> Create(const RuntimeOptions& options);

  // Compiles a module or a component, binary or text (.wat), or takes it from the cache. Slow when
  // it compiles. Errors: runtime_error for a file that can't be read; invalid_argument for what is
  // neither.
  Result<GuestCode> CompileFile(const std::filesystem::path& path);

  wasmtime::Engine& engine() { return engine_; }
  const wasmtime::Engine& engine() const { return engine_; }
  bool guest_timeouts() const { return guest_timeouts_; }
  bool guest_memory_limits() const { return guest_memory_limits_; }

  // The engine's version, such as "48.0.8".
  static std::string Version();

 private:
  Runtime(wasmtime::Engine engine, const RuntimeOptions& options)
      : engine_(std::move(engine)),
        guest_timeouts_(options.guest_timeouts),
        guest_memory_limits_(options.guest_memory_limits) {}

  wasmtime::Engine engine_;
  const bool guest_timeouts_;
  const bool guest_memory_limits_;
};

}  // namespace namesake::engine

#endif  // NAMESAKE_ENGINE_RUNTIME_H_
