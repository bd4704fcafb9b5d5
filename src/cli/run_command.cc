#include "cli/run_command.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/exit_code.h"
#include "cli/model_option.h"
#include "cli/phases.h"
#include "cli/report.h"
#include "engine/command_guest.h"
#include "engine/runtime.h"
#include "namesake/host.h"
#include "namesake/wasmtime.h"

namespace namesake::cli {
namespace {

namespace fs = std::filesystem;

// A model and the option that asked for it, for messages.
struct Preload {
  std::string option;  // "--nn-preload a:onnx:a.onnx"
  NamedModel named;
};

Result<std::vector<Preload>> ParsePreloads(const RunOptions& options) {
  std::vector<Preload> preloads;
  const auto add = [&](std::string_view name, const std::string& text,
                       Result<NamedModel> (*parse)(std::string_view)) -> Result<void> {
    std::string option = fmt::format("{} {}", name, text);
    auto parsed = parse(text);
    if (!parsed) return std::unexpected(parsed.error().WithContext(option));
    preloads.push_back({std::move(option), *std::move(parsed)});
    return {};
  };
  for (const std::string& text : options.preloads) {
    if (auto ok = add("--nn-preload", text, ParsePreload); !ok) return Fail(std::move(ok));
  }
  for (const std::string& text : options.graph_dirs) {
    if (auto ok = add("--nn-graph", text, ParseGraphDir); !ok) return Fail(std::move(ok));
  }
  return preloads;
}

Result<std::uint64_t> ParseCount(const std::string& text) {
  std::uint64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error == std::errc() && stop == end) return count;
  return Fail(ErrorCode::kInvalidArgument, "\"{}\" is not a whole number below 2^64",
              Printable(text));
}

Result<PreopenedDir> ParseDir(const std::string& text) {
  const auto separator = text.find("::");
  PreopenedDir dir = {.host = text.substr(0, separator),
                      .guest = text.substr(separator == std::string::npos ? 0 : separator + 2)};
  if (dir.host.empty() || dir.guest.empty() || !IsUtf8(text)) {
    return Fail(ErrorCode::kInvalidArgument, "expected HOST or HOST::GUEST, in UTF-8");
  }
  std::error_code error;
  if (!fs::is_directory(dir.host, error) && !error) {
    error = std::make_error_code(std::errc::not_a_directory);
  }
  if (!error && ::access(dir.host.c_str(), R_OK | X_OK) != 0) {
    error = std::error_code(errno, std::generic_category());
  }
  if (!error) return dir;
  return Fail(ErrorCode::kRuntimeError, "can't open {} as a directory for the guest: {}",
              dir.host.string(), error.message());
}

bool LiesBeneath(const fs::path& file, const fs::path& directory) {
  std::error_code ignored;
  const fs::path inner = fs::weakly_canonical(file, ignored);
  const fs::path outer = fs::weakly_canonical(directory, ignored);
  return std::ranges::mismatch(outer, inner).in1 == outer.end();
}

// Weights stay mapped from their files: a guest that cut one off would end the host with a bus
// error, and one that changed it would change the results of all others.
void KeepModelsFromWriting(const std::vector<Preload>& preloads, std::vector<PreopenedDir>& dirs) {
  for (PreopenedDir& dir : dirs) {
    for (const Preload& preload : preloads) {
      for (const fs::path& path : std::get<ModelFiles>(preload.named.model.source).paths) {
        if (!LiesBeneath(path, dir.host)) continue;
        dir.access = DirAccess::kRead;
        Log().info("{} is read-only for the guest, since the model {} lies in it",
                   dir.host.string(), path.string());
      }
    }
  }
}

Result<std::pair<std::string, std::string>> ParseEnv(const std::string& text) {
  const auto separator = text.find('=');
  std::string name = text.substr(0, separator);
  if (name.empty()) {
    return Fail(ErrorCode::kInvalidArgument, "--env {}: expected NAME or NAME=VALUE", text);
  }
  if (separator != std::string::npos) return std::pair(name, text.substr(separator + 1));
  const char* const inherited = std::getenv(name.c_str());
  if (inherited == nullptr) {
    return Fail(ErrorCode::kInvalidArgument,
                "--env {}: this variable is not set here; write --env {}=VALUE", name, name);
  }
  return std::pair(name, std::string(inherited));
}

int ReportTimeout(std::chrono::nanoseconds timeout, std::string_view where) {
  return Report(kGuestTrapped, "the guest was stopped after its guest_timeout of {}{}",
                DurationText(timeout), where);
}

Result<void> ParseGuestLimits(const RunOptions& options, CommandOptions& command) {
  if (options.max_guest_memory) {
    const auto bytes = ParseBytes(*options.max_guest_memory);
    if (!bytes) return std::unexpected(bytes.error().WithContext("--max-guest-memory"));
    command.max_memory_bytes = *bytes;
  }
  if (!options.guest_timeout) return {};
  const auto timeout = ParseDuration(*options.guest_timeout);
  if (!timeout) return std::unexpected(timeout.error().WithContext("--guest-timeout"));
  command.timeout = *timeout;
  // At once: what the guest waits for may be within a vendor's code, on which no destructor can
  // wait.
  command.on_overdue = [timeout = *timeout] {
    ::_exit(ReportTimeout(timeout, ", while it waited in a call of the host"));
  };
  return {};
}

Result<CommandOptions> ParseCommand(const RunOptions& options,
                                    const std::vector<Preload>& preloads) {
  CommandOptions command;
  command.args = options.guest_and_args;
  if (auto parsed = ParseGuestLimits(options, command); !parsed) return Fail(std::move(parsed));
  for (const std::string& text : options.env) {
    auto variable = ParseEnv(text);
    if (!variable) return std::unexpected(variable.error());
    command.env.push_back(*std::move(variable));
  }
  std::set<std::string> guest_dirs;
  for (const std::string& text : options.dirs) {
    auto dir = ParseDir(text);
    if (!dir) return std::unexpected(dir.error().WithContext("--dir " + Printable(text)));
    if (!guest_dirs.insert(dir->guest).second) {
      return Fail(ErrorCode::kInvalidArgument, "--dir {}: the guest has a directory {} already",
                  text, dir->guest);
    }
    command.dirs.push_back(*std::move(dir));
  }
  KeepModelsFromWriting(preloads, command.dirs);
  return command;
}

// All that the command line says, understood.
struct Plan {
  std::vector<Preload> preloads;
  CommandOptions command;
  CacheDirs cache;
  HostLimits limits;
  fs::path guest;
};

Result<Plan> MakePlan(const RunOptions& options) {
  if (options.guest_and_args.empty()) {
    return Fail(ErrorCode::kInvalidArgument, "run: no guest given; see namesake run --help");
  }
  const std::string& guest = options.guest_and_args.front();
  if (guest.empty()) return Fail(ErrorCode::kInvalidArgument, "run: the guest's path is empty");
  Plan plan{.preloads = {}, .command = {}, .cache = {}, .limits = {}, .guest = guest};
  if (options.max_models) {
    const auto count = ParseCount(*options.max_models);
    if (!count) return std::unexpected(count.error().WithContext("--nn-max-models"));
    plan.limits.max_models = *count;
  }
  auto preloads = ParsePreloads(options);
  if (!preloads) return Fail(std::move(preloads));
  plan.preloads = *std::move(preloads);
  auto command = ParseCommand(options, plan.preloads);
  if (!command) return Fail(std::move(command));
  plan.command = *std::move(command);
  auto cache =
      PrepareCacheDirs(options.no_cache ? UseCache::kNo : UseCache::kYes, options.cache_dir);
  if (!cache) return std::unexpected(cache.error().WithContext("--cache-dir"));
  plan.cache = *std::move(cache);
  return plan;
}

Result<std::unique_ptr<Host>> MakeHost(const Plan& plan,
                                       std::vector<std::unique_ptr<Backend>> backends) {
  auto host = Host::Create(
      {.backends = std::move(backends), .cache_dir = plan.cache.models, .limits = plan.limits});
  if (!host) return host;
  for (const Preload& preload : plan.preloads) {
    auto registered = (*host)->Register(preload.named.name, preload.named.model);
    if (!registered) return std::unexpected(registered.error().WithContext(preload.option));
  }
  return host;
}

// Without a cache rather than not at all, unless one was asked for.
Result<std::unique_ptr<Runtime>> MakeRuntime(const Plan& plan, const RunOptions& options) {
  RuntimeOptions runtime_options{.module_cache_dir = plan.cache.modules,
                                 .guest_timeouts = plan.command.timeout.has_value(),
                                 .guest_memory_limits = plan.command.max_memory_bytes.has_value()};
  auto runtime = Runtime::Create(runtime_options);
  if (runtime || options.cache_dir || !plan.cache.modules) return runtime;
  Log().warn("the compiled guest is not cached: {}", runtime.error().message());
  runtime_options.module_cache_dir.reset();
  return Runtime::Create(runtime_options);
}

// Waits for every model; reports each that failed.
bool AwaitModels(Host& host, const Plan& plan) {
  bool all_ready = true;
  for (const Preload& preload : plan.preloads) {
    const auto lease = host.Acquire(preload.named.name, Deadline::Never());
    if (lease) continue;
    Report(kModelFailed, "{}: {}", preload.option, lease.error().message());
    all_ready = false;
  }
  return all_ready;
}

int ReportEnd(const GuestEnd& end) {
  // A process has eight bits for it.
  if (const auto* exit = std::get_if<GuestExit>(&end)) return static_cast<int>(exit->code & 0xFFU);
  if (const auto* timeout = std::get_if<GuestTimeout>(&end)) {
    return ReportTimeout(timeout->timeout, ": " + timeout->backtrace);
  }
  return Report(kGuestTrapped, "the guest trapped: {}", std::get<GuestTrap>(end).backtrace);
}

}  // namespace

CLI::App* AddRunCommand(CLI::App& app, RunOptions& options) {
  CLI::App* const run = app.add_subcommand("run", "Run a WASI command that uses wasi-nn");
  run->add_option("--nn-preload", options.preloads,
                  "Load a model and give it a name; may be repeated. ENCODING is openvino, onnx, "
                  "tensorflow or tensorflowlite, or autodetect to tell it by the content; TARGET "
                  "is cpu (the default), gpu, tpu or auto; both in any case. OpenVINO takes "
                  "XML:BIN, or XML with the BIN beside it; TensorFlow "
                  "takes a SavedModel directory or a frozen file. Write \\: for a colon within a "
                  "path")
      ->type_name("NAME:ENCODING[:TARGET]:PATH[:PATH...]")
      ->allow_extra_args(false);
  run->add_option("--nn-graph", options.graph_dirs,
                  "Load the model in DIR under DIR's base name; may be repeated. DIR holds "
                  "model.xml and model.bin, model.onnx, model.tflite or model.pb")
      ->type_name("ENCODING::DIR")
      ->allow_extra_args(false);
  run->add_option("--nn-max-models", options.max_models,
                  "Allow this many loaded models, the operator's and the guest's together; "
                  "without it there is no limit")
      ->type_name("N");
  run->add_option("--guest-timeout", options.guest_timeout,
                  "Stop the guest when it has run for this long, such as 250ms, 30s or 5min")
      ->type_name("DURATION");
  run->add_option(
         "--max-guest-memory", options.max_guest_memory,
         "Let the guest's memory grow to this size and no further, such as 512MiB or 2GiB; "
         "a guest with several memories or a shared one is refused then")
      ->type_name("SIZE");
  run->add_option(
         "--dir", options.dirs,
         "Let the guest read and write a directory, under the name GUEST; may be repeated. "
         "One that holds a model given here is read-only")
      ->type_name("HOST[::GUEST]")
      ->allow_extra_args(false);
  run->add_option("--env", options.env,
                  "Set a variable for the guest, or pass the one set here; may be repeated")
      ->type_name("NAME[=VALUE]")
      ->allow_extra_args(false);
  auto* const cache_dir =
      run->add_option("--cache-dir", options.cache_dir,
                      "Keep compiled models and guests here (default: $XDG_CACHE_HOME/namesake)")
          ->type_name("DIR");
  run->add_flag("--no-cache", options.no_cache, "Keep and use no compiled models and guests")
      ->excludes(cache_dir);
  run->add_flag("--timings", options.timings,
                "Print how long each part took to standard error when the guest has ended");
  // What follows the options, the guest first, belongs to the guest.
  run->prefix_command();
  return run;
}

int Run(const RunOptions& options, std::vector<std::unique_ptr<Backend>> backends) {
  Phases phases;
  const auto plan = MakePlan(options);
  if (!plan) return Report(kBadUsage, "{}", plan.error().message());
  const auto host = MakeHost(*plan, std::move(backends));
  if (!host) return Report(kBadUsage, "{}", host.error().message());
  (*host)->PrefetchAll();  // Models load while the guest is compiled.
  phases.End("options");
  const auto runtime = MakeRuntime(*plan, options);
  if (!runtime) return Report(kBadUsage, "{}", runtime.error().message());
  phases.End("engine");
  const auto module = (*runtime)->CompileFile(plan->guest);
  if (!module) return Report(kBadUsage, "{}", module.error().message());
  phases.End("guest compiled or cached");
  const auto view = (*host)->NewView({});
  auto guest =
      CommandGuest::Link(**runtime, *module, plan->command,
                         [&](wasmtime_linker_t* linker) { return DefineWasiNn(linker, *view); });
  if (!guest) return Report(kBadUsage, "{}: {}", plan->guest.string(), guest.error().message());
  phases.End("guest linked");
  if (!AwaitModels(**host, *plan)) return kModelFailed;
  phases.End("waiting for the models");
  const GuestEnd end = guest->Run();
  phases.End("guest ran");
  if (options.timings) phases.Print(stderr);
  return ReportEnd(end);
}

}  // namespace namesake::cli
