#include "engine/runtime.h"

#include <namesake_components.h>
#include <wasmtime.h>

#include <span>

#include "base/fail.h"
#include "base/process_limits.h"
#include "base/text.h"

namespace namesake::engine {
namespace {

namespace fs = std::filesystem;

enum class BinaryKind { kModule, kComponent, kText, kUnknown };

// Examines the first eight bytes: "\0asm", a version, and in its upper half a layer, which is 1 for
// components (component model, binary format).
BinaryKind KindOf(std::span<const std::byte> bytes) {
  const auto at = [&](std::size_t i) {
    return i < bytes.size() ? std::to_integer<unsigned char>(bytes[i]) : '\0';
  };
  if (bytes.size() >= 8 && at(0) == '\0' && at(1) == 'a' && at(2) == 's' && at(3) == 'm') {
    return at(6) == 1 && at(7) == 0 ? BinaryKind::kComponent : BinaryKind::kModule;
  }
  std::size_t i = 0;
  while (at(i) == ' ' || at(i) == '\t' || at(i) == '\r' || at(i) == '\n') ++i;
  const bool text = at(i) == '(' || (at(i) == ';' && at(i + 1) == ';');
  return text ? BinaryKind::kText : BinaryKind::kUnknown;
}

std::unexpected<Error> Invalid(const std::string& name, std::string_view reason) {
  return base::Fail(ErrorCode::kInvalidArgument, "{} is not a WebAssembly module or component: {}",
                    name, reason);
}

// Puts the file's name into the engine's messages on WebAssembly text, where they point into the
// file.
std::string NamePlace(std::string text, const std::string& name) {
  constexpr std::string_view kArrow = "--> ";
  constexpr std::string_view kNoName = "<anon>";
  const auto at = text.find(std::string(kArrow) + std::string(kNoName));
  if (at != std::string::npos) text.replace(at + kArrow.size(), kNoName.size(), name);
  return text;
}

// A component has several instances, memories and tables. The pool is sized for components built
// from a few languages.
void UsePool(wasmtime::Config& config, std::uint32_t instances) {
  constexpr std::uint32_t kPartsPerInstance = 4;
  struct Delete {
    void operator()(wasmtime_pooling_allocation_config_t* pool) const {
      wasmtime_pooling_allocation_config_delete(pool);
    }
  };
  const std::unique_ptr<wasmtime_pooling_allocation_config_t, Delete> pool(
      wasmtime_pooling_allocation_config_new());
  wasmtime_pooling_allocation_config_total_component_instances_set(pool.get(), instances);
  wasmtime_pooling_allocation_config_total_core_instances_set(pool.get(),
                                                              instances * kPartsPerInstance);
  // No component may use up the slots of others. One that needs more is not pooled.
  wasmtime_pooling_allocation_config_max_core_instances_per_component_set(pool.get(),
                                                                          kPartsPerInstance);
  wasmtime_pooling_allocation_config_max_memories_per_component_set(pool.get(), 1);
  wasmtime_pooling_allocation_config_max_tables_per_component_set(pool.get(), kPartsPerInstance);
  wasmtime_pooling_allocation_config_total_memories_set(pool.get(), instances);
  wasmtime_pooling_allocation_config_total_tables_set(pool.get(), instances * kPartsPerInstance);
  // This much of a memory is kept for the next instance and zeroed, which is faster than unmapping
  // and mapping it again.
  constexpr std::size_t kKeptBytes = std::size_t{64} << 10;
  wasmtime_pooling_allocation_config_linear_memory_keep_resident_set(pool.get(), kKeptBytes);
  wasmtime_pooling_allocation_config_table_keep_resident_set(pool.get(), kKeptBytes);
  wasmtime_pooling_allocation_strategy_set(config.capi(), pool.get());
}

Result<void> UseModuleCache(wasmtime::Config& config, const fs::path& directory) {
  if (!base::IsUtf8(directory.native())) {
    return base::Fail(ErrorCode::kRuntimeError, "can't use {} as the module cache: it is not UTF-8",
                      base::Printable(directory.native()));
  }
  const std::string path = fs::absolute(directory).string();
  wasmtime_error_t* const error = namesake_config_cache(config.capi(), path.data(), path.size());
  if (error == nullptr) return {};
  return base::Fail(ErrorCode::kRuntimeError, "can't use {} as the module cache: {}",
                    directory.string(), wasmtime::Error(error).message());
}

}  // namespace

Result<std::shared_ptr<Runtime>> Runtime::Create(const RuntimeOptions& options) {
  wasmtime::Config config;
  // A guest built for threads has a shared memory even if it only uses one thread.
  wasmtime_config_shared_memory_set(config.capi(), !options.guest_memory_limits);
  config.epoch_interruption(options.interruptible);
  // The engine would keep a memory's initial content in a file, which may exceed this limit.
  if (base::FileSizeLimit()) wasmtime_config_memory_init_cow_set(config.capi(), false);
  if (options.pooled_instances > 0) UsePool(config, options.pooled_instances);
  if (options.module_cache_dir) {
    if (auto cached = UseModuleCache(config, *options.module_cache_dir); !cached) {
      return base::Fail(cached);
    }
  }
  return std::shared_ptr<Runtime>(new Runtime(wasmtime::Engine(std::move(config)), options));
}

namespace {

template <typename Code>
Result<GuestCode> CompileAs(wasmtime::Engine& engine, std::span<const std::uint8_t> wasm,
                            const std::string& name) {
  auto code = Code::compile(engine, {const_cast<std::uint8_t*>(wasm.data()), wasm.size()});
  if (code) return GuestCode(code.ok());
  return Invalid(name, code.err().message());
}

Result<GuestCode> CompileBinary(wasmtime::Engine& engine, std::span<const std::uint8_t> wasm,
                                const std::string& name) {
  if (KindOf(std::as_bytes(wasm)) == BinaryKind::kComponent) {
    return CompileAs<wasmtime::component::Component>(engine, wasm, name);
  }
  return CompileAs<wasmtime::Module>(engine, wasm, name);
}

}  // namespace

Result<GuestCode> Runtime::Compile(std::span<const std::byte> bytes, const std::string& name) {
  switch (KindOf(bytes)) {
    case BinaryKind::kModule:
    case BinaryKind::kComponent:
      return CompileBinary(
          engine_, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, name);
    case BinaryKind::kText: {
      const auto wasm =
          wasmtime::wat2wasm({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      if (!wasm) return Invalid(name, NamePlace(wasm.err().message(), name));
      return CompileBinary(engine_, wasm.ok_ref(), name);
    }
    case BinaryKind::kUnknown:
      break;
  }
  return Invalid(name, bytes.empty() ? "the file is empty" : "it does not begin with \"\\0asm\"");
}

std::string Runtime::Version() { return WASMTIME_VERSION; }

}  // namespace namesake::engine
