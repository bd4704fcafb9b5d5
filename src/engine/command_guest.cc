#include "engine/command_guest.h"

#include <algorithm>
#include <optional>

#include "base/fail.h"
#include "base/text.h"

namespace namesake {
namespace {

Result<void> CheckUtf8(const CommandOptions& options) {
  const auto check = [](std::string_view kind, const std::string& text) -> Result<void> {
    if (IsUtf8(text) && !text.contains('\0')) return {};
    return Fail(ErrorCode::kInvalidArgument, "{} \"{}\" is not UTF-8", kind, Printable(text));
  };
  for (const std::string& arg : options.args) {
    if (auto ok = check("the guest's argument", arg); !ok) return ok;
  }
  for (const auto& [name, value] : options.env) {
    if (auto ok = check("the environment variable", name + "=" + value); !ok) return ok;
  }
  for (const PreopenedDir& dir : options.dirs) {
    if (auto ok = check("the guest's directory", dir.guest); !ok) return ok;
  }
  return {};
}

void SendStdoutTo(wasmtime::WasiConfig& wasi, const std::function<void(std::string_view)>& sink) {
  using Sink = std::function<void(std::string_view)>;
  wasi_config_set_stdout_custom(
      wasi.capi(),
      [](void* data, const unsigned char* bytes, std::size_t count) {
        (*static_cast<Sink*>(data))({reinterpret_cast<const char*>(bytes), count});
        return static_cast<std::ptrdiff_t>(count);
      },
      std::make_unique<Sink>(sink).release(), [](void* data) { delete static_cast<Sink*>(data); });
}

Result<wasmtime::WasiConfig> MakeWasi(const CommandOptions& options) {
  if (auto checked = CheckUtf8(options); !checked) return std::unexpected(checked.error());
  wasmtime::WasiConfig wasi;
  wasi.argv(options.args);
  wasi.env(options.env);
  wasi.inherit_stdin();
  if (options.on_stdout) {
    SendStdoutTo(wasi, options.on_stdout);
  } else {
    wasi.inherit_stdout();
  }
  wasi.inherit_stderr();
  for (const PreopenedDir& dir : options.dirs) {
    if (!wasi.preopen_dir(dir.host.string(), dir.guest, /*fs_mutable=*/true)) {
      std::error_code error;
      const bool is_dir = std::filesystem::is_directory(dir.host, error);
      return Fail(ErrorCode::kRuntimeError, "can't open {} as a directory for the guest: {}",
                  dir.host.string(),
                  error     ? error.message()
                  : !is_dir ? "it is not there or not a directory"
                            : "no permission");
    }
  }
  return wasi;
}

// An instantiation runs the module's start function, so that it can fail as a guest can.
Error LinkError(const wasmtime::TrapError& failed) {
  const auto* const error = std::get_if<wasmtime::Error>(&failed.data);
  if (error == nullptr) {
    return Error(ErrorCode::kRuntimeError,
                 fmt::format("the guest's start function trapped: {}", failed.message()));
  }
  if (const auto code = error->i32_exit()) {
    return Error(ErrorCode::kRuntimeError,
                 fmt::format("the guest's start function ended it with exit code {}", *code));
  }
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("the guest can't be linked: {}", error->message()));
}

}  // namespace

Result<CommandGuest> CommandGuest::Link(Runtime& runtime, const wasmtime::Module& module,
                                        const CommandOptions& options,
                                        const DefineImports& define) {
  auto wasi = MakeWasi(options);
  if (!wasi) return std::unexpected(wasi.error());
  wasmtime::Store store(runtime.engine());
  if (auto set = store.context().set_wasi(*std::move(wasi)); !set) {
    return Fail(ErrorCode::kRuntimeError, "can't set WASI up: {}", set.err().message());
  }
  wasmtime::Linker linker(runtime.engine());
  if (auto defined = linker.define_wasi(); !defined) {
    return Fail(ErrorCode::kInternal, "can't define WASI: {}", defined.err().message());
  }
  if (auto defined = define(linker.capi()); !defined) return std::unexpected(defined.error());
  auto instance = linker.instantiate(store, module);
  if (!instance) return std::unexpected(LinkError(instance.err()));
  const auto start = instance.ok().get(store, "_start");
  const auto* const start_func = start ? std::get_if<wasmtime::Func>(&*start) : nullptr;
  if (start_func == nullptr) {
    return Fail(ErrorCode::kInvalidArgument,
                "the guest exports no function \"_start\"; only WASI commands can be run");
  }
  return CommandGuest(std::move(store), std::move(linker), instance.ok(), *start_func);
}

GuestEnd CommandGuest::Run() {
  const auto ended = start_.call(store_, {});
  if (ended) return GuestExit{0};
  const auto& error = ended.err();
  if (const auto* failed = std::get_if<wasmtime::Error>(&error.data)) {
    if (const auto code = failed->i32_exit()) return GuestExit{*code};
  }
  return GuestTrap{error.message()};
}

Result<void> CommandGuest::Call(const std::string& name) {
  const auto item = instance_.get(store_, name);
  const auto* const function = item ? std::get_if<wasmtime::Func>(&*item) : nullptr;
  if (function == nullptr) {
    return Fail(ErrorCode::kInvalidArgument, "the guest exports no function \"{}\"", name);
  }
  if (const auto called = function->call(store_, {}); !called) {
    return Fail(ErrorCode::kRuntimeError, "\"{}\" trapped: {}", name, called.err().message());
  }
  return {};
}

}  // namespace namesake
