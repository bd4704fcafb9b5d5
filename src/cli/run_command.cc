#include "cli/run_command.h"

#include <cstdlib>
#include <map>
#include <utility>
#include <variant>

#include "base/fail.h"
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

PreopenedDir ParseDir(const std::string& text) {
  const auto separator = text.find("::");
  if (separator == std::string::npos) return {.host = text, .guest = text};
  return {.host = text.substr(0, separator), .guest = text.substr(separator + 2)};
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

Result<CommandOptions> ParseCommand(const RunOptions& options) {
  CommandOptions command;
  command.args = options.guest_and_args;
  for (const std::string& text : options.env) {
    auto variable = ParseEnv(text);
    if (!variable) return std::unexpected(variable.error());
    command.env.push_back(*std::move(variable));
  }
  for (const std::string& text : options.dirs) command.dirs.push_back(ParseDir(text));
  return command;
}

// All that the command line says, understood.
struct Plan {
  std::vector<Preload> preloads;
  CommandOptions command;
  CacheDirs cache;
  std::filesystem::path guest;
};

Result<Plan> MakePlan(const RunOptions& options) {
  if (options.guest_and_args.empty()) {
    return Fail(ErrorCode::kInvalidArgument, "run: no guest given; see namesake run --help");
  }
  const std::string& guest = options.guest_and_args.front();
  if (guest.starts_with('-')) {
    return Fail(ErrorCode::kInvalidArgument, "run: there is no option {}; see namesake run --help",
                guest);
  }
  Plan plan{.preloads = {}, .command = {}, .cache = {}, .guest = guest};
  auto preloads = ParsePreloads(options);
  if (!preloads) return Fail(std::move(preloads));
  plan.preloads = *std::move(preloads);
  auto command = ParseCommand(options);
  if (!command) return Fail(std::move(command));
  plan.command = *std::move(command);
  auto cache =
      PrepareCacheDirs(options.no_cache ? UseCache::kNo : UseCache::kYes, options.cache_dir);
  if (!cache) return std::unexpected(cache.error().WithContext("--cache-dir"));
  plan.cache = *std::move(cache);
  return plan;
}

Result<std::unique_ptr<Host>> MakeHost(const RunOptions& options, const Plan& plan,
                                       std::vector<std::unique_ptr<Backend>> backends) {
  auto host = Host::Create({.backends = std::move(backends),
                            .cache_dir = plan.cache.models,
                            .limits = {.max_models = options.max_models}});
  if (!host) return host;
  for (const Preload& preload : plan.preloads) {
    auto registered = (*host)->Register(preload.named.name, preload.named.model);
    if (!registered) return std::unexpected(registered.error().WithContext(preload.option));
  }
  return host;
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

// CLI11 reads "-1" as 2^64 - 1.
CLI::Validator WholeNumber() {
  return CLI::Validator(
      [](const std::string& text) {
        const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
        return digits ? std::string() : fmt::format("{} is not a whole number", text);
      },
      "");
}

int ReportEnd(const GuestEnd& end) {
  if (const auto* exit = std::get_if<GuestExit>(&end)) return exit->code;
  return Report(kGuestTrapped, "the guest trapped: {}", std::get<GuestTrap>(end).backtrace);
}

}  // namespace

CLI::App* AddRunCommand(CLI::App& app, RunOptions& options) {
  CLI::App* const run = app.add_subcommand("run", "Run a WASI command that uses wasi-nn");
  run->add_option("--nn-preload", options.preloads,
                  "Load a model and give it a name; may be repeated. ENCODING is openvino, onnx, "
                  "tensorflow or tensorflowlite, TARGET is cpu (the default), gpu, tpu or auto, "
                  "in any case. OpenVINO takes XML:BIN, or XML with the BIN beside it; TensorFlow "
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
      ->check(WholeNumber())
      ->type_name("N");
  run->add_option("--dir", options.dirs,
                  "Let the guest use a directory, under the name GUEST; may be repeated")
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
  const auto host = MakeHost(options, *plan, std::move(backends));
  if (!host) return Report(kBadUsage, "{}", host.error().message());
  (*host)->PrefetchAll();  // Models load while the guest is compiled.
  phases.End("options");
  const auto runtime = Runtime::Create({.module_cache_dir = plan->cache.modules});
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
