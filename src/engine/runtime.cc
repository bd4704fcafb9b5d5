#include "engine/runtime.h"

#include <sys/mman.h>
#include <unistd.h>
#include <wasmtime.h>

#include <nlohmann/json.hpp>
#include <span>

#include "base/fail.h"
#include "base/file.h"
#include "base/text.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;

enum class BinaryKind { kModule, kComponent, kText, kUnknown };

// The first eight bytes: "\0asm", a version and, in its upper half, a layer, which is 1 for
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

// Wasmtime reads its cache's settings from a file by path. A file in memory has one, and leaves
// nothing behind.
Result<void> UseModuleCache(wasmtime::Config& config, const fs::path& directory) {
  if (!IsUtf8(directory.native())) {
    return Fail(ErrorCode::kRuntimeError, "can't use {} as module cache: it is not UTF-8",
                Printable(directory.native()));
  }
  // A TOML basic string and a JSON string are written alike.
  const std::string settings =
      "[cache]\ndirectory = " + nlohmann::json(fs::absolute(directory).string()).dump() + "\n";
  const FileDescriptor file(::memfd_create("namesake-module-cache", MFD_CLOEXEC));
  if (!file.valid() || ::write(file.get(), settings.data(), settings.size()) !=
                           static_cast<::ssize_t>(settings.size())) {
    return Fail(ErrorCode::kRuntimeError, "can't hand the cache's settings over: {}",
                SystemReason(errno));
  }
  const auto loaded = config.cache_load(fmt::format("/proc/self/fd/{}", file.get()));
  if (!loaded) {
    return Fail(ErrorCode::kRuntimeError, "can't use {} as module cache: {}", directory.string(),
                loaded.err().message());
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Runtime>> Runtime::Create(const RuntimeOptions& options) {
  wasmtime::Config config;
  // A guest may be built for threads although it has just one: its memory is then a shared one.
  wasmtime_config_shared_memory_set(config.capi(), !options.guest_memory_limits);
  config.epoch_interruption(options.guest_timeouts);
  if (options.module_cache_dir) {
    if (auto cached = UseModuleCache(config, *options.module_cache_dir); !cached) {
      return std::unexpected(cached.error());
    }
  }
  return std::unique_ptr<Runtime>(new Runtime(wasmtime::Engine(std::move(config)), options));
}

Result<wasmtime::Module> Runtime::CompileFile(const fs::path& path) {
  const auto file = MappedFile::Open(path);
  if (!file) return std::unexpected(file.error());
  const std::span bytes = file->bytes();
  const auto invalid = [&](std::string_view reason) {
    return Fail(ErrorCode::kInvalidArgument, "{} is not a WebAssembly module: {}", path.string(),
                reason);
  };
  const auto compile = [&](std::span<const std::uint8_t> wasm) -> Result<wasmtime::Module> {
    auto module =
        wasmtime::Module::compile(engine_, {const_cast<std::uint8_t*>(wasm.data()), wasm.size()});
    if (!module) return invalid(module.err().message());
    return module.ok();
  };
  switch (KindOf(bytes)) {
    case BinaryKind::kModule:
      return compile({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    case BinaryKind::kText: {
      const auto wasm =
          wasmtime::wat2wasm({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      if (!wasm) return invalid(wasm.err().message());
      return compile(wasm.ok_ref());
    }
    case BinaryKind::kComponent:
      return Fail(ErrorCode::kUnsupported,
                  "{} is a component; components do not run yet, only modules (WASI preview 1) do",
                  path.string());
    case BinaryKind::kUnknown:
      return invalid(bytes.empty() ? "the file is empty" : "it does not begin with \"\\0asm\"");
  }
  return invalid("unknown");
}

std::string Runtime::Version() { return WASMTIME_VERSION; }

}  // namespace namesake
