// The command: assembles the backends and runs one subcommand.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <utility>
#include <vector>

#include "cli/backends_command.h"
#include "cli/cache_command.h"
#include "cli/check_command.h"
#include "cli/command_line.h"
#include "cli/exit_code.h"
#include "cli/failures.h"
#include "cli/help.h"
#include "cli/inspect_command.h"
#include "cli/model_option.h"
#include "cli/models_command.h"
#include "cli/report.h"
#include "cli/run_command.h"
#include "cli/settings_command.h"
#include "cli/signals.h"
#include "cli/version_text.h"
#include "cli/workers_command.h"
#include "namesake/log.h"
#include "namesake/worker.h"

namespace namesake::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  namesake run --nn-preload photo:onnx:model.onnx --dir photos guest.wasm photo photos/a.png
  namesake run --nn-graph openvino::models/photo guest.wasm
  namesake run --config namesake.toml --tenant acme guest.wasm
  namesake check namesake.toml
  namesake models namesake.toml
  namesake inspect model.onnx
  namesake backends
  namesake workers
  namesake cache

Run "namesake help COMMAND" for more about one of them.)";

constexpr const char* kRunFooter =
    R"(Options go before the guest; everything after it is passed to the guest.

Exit status: the guest's own; 2 for a bad option, configuration or guest, or a guest that can't be
started; 3 for a model that can't be loaded (the guest has not run); 134 if the guest trapped or was
stopped after its timeout.)";

constexpr const char* kCheckFooter =
    R"(Exit status: 0; 2 if there are problems, which go to standard error, one per line.)";

constexpr const char* kModelsFooter =
    R"(Nothing is loaded without --load. Exit status: 0; 2 for a bad option or configuration; 3 with
--load if a model can't be loaded.)";

constexpr const char* kBackendsFooter =
    R"(Exit status: 0; 2 for a bad option or configuration; 3 if a backend can't run.)";

constexpr const char* kWorkersFooter = R"(Exit status: 0; 2 for a process that runs no guests.)";

constexpr const char* kInspectFooter =
    R"(Exit status: 0; 2 for a bad argument; 3 for a model that can't be loaded.)";

constexpr const char* kCacheFooter =
    R"(Guests that Wasmtime compiled are in a folder beside it, which Wasmtime keeps small.

Exit status: 0; 1 if an entry can't be removed; 2 for a bad option or configuration, or a directory
that can't be used.)";

constexpr const char* kSettingsFooter = R"(Exit status: 0; 2 for an unknown KEY.)";

void SetVerbosity(int verbose) {
  if (verbose == 1) SetLogLevel(LogLevel::kInfo);
  if (verbose > 1) SetLogLevel(LogLevel::kDebug);
}

int Main(int argc, char** argv) {
  CLI::App app("Runs WebAssembly guests with named machine-learning models (wasi-nn).", "namesake");
  app.formatter(NewHelpFormatter());
  app.footer(kExamples);
  app.require_subcommand(0, 1);  // A missing subcommand is reported below, after bad input.
  app.set_version_flag("-V,--version", [] { return VersionText(InstalledBackends()); });
  const std::vector<Encoding> encodings = ServedEncodings(InstalledBackends());
  RunOptions run_options;
  run_options.host.encodings = encodings;
  CLI::App* const run = AddRunCommand(app, run_options);
  InspectOptions inspect_options;
  inspect_options.encodings = encodings;
  CLI::App* const inspect = AddInspectCommand(app, inspect_options);
  CheckOptions check_options;
  CLI::App* const check = AddCheckCommand(app, check_options);
  ModelsOptions models_options;
  CLI::App* const models = AddModelsCommand(app, models_options);
  BackendsOptions backends_options;
  CLI::App* const backends = AddBackendsCommand(app, backends_options);
  CacheOptions cache_options;
  CLI::App* const cache = AddCacheCommand(app, cache_options);
  SettingsOptions settings_options;
  CLI::App* const settings = AddSettingsCommand(app, settings_options);
  WorkersOptions workers_options;
  CLI::App* const workers = AddWorkersCommand(app, workers_options);
  workers->footer(kWorkersFooter);
  check->footer(kCheckFooter);
  models->footer(kModelsFooter);
  backends->footer(kBackendsFooter);
  cache->footer(kCacheFooter);
  run->footer(kRunFooter);
  inspect->footer(kInspectFooter);
  settings->footer(kSettingsFooter);
  // The flag may precede or follow the subcommand; each position has its own count.
  int verbose_before = 0;
  int verbose = 0;
  const char* const kVerbose =
      "Log more to standard error; -vv shows why a guest's call was refused";
  app.add_flag("-v,--verbose", verbose_before, kVerbose);
  for (CLI::App* const command :
       {run, inspect, check, models, backends, workers, cache, settings}) {
    command->add_flag("-v,--verbose", verbose, kVerbose);
  }
  try {
    auto rest = ParseCommandLine(app, {argv + 1, argv + argc});
    if (!rest) return Report(kBadUsage, "{}", rest.error());
    run_options.guest_and_args = *std::move(rest);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    return Report(kBadUsage, "{}; see namesake --help", error.what());
  }
  if (app.get_subcommands().empty()) {
    return Report(kBadUsage,
                  "nothing to do: expected run, check, models, backends, workers, cache, settings "
                  "or inspect; see namesake --help");
  }
  SetVerbosity(verbose_before + verbose);
  if (const auto able = CheckProcess(); !able) {
    return Report(kBadUsage, "{}", able.error().detail());
  }
  if (inspect->parsed()) return Inspect(inspect_options);
  if (check->parsed()) return Check(check_options);
  if (models->parsed()) return ListModels(models_options);
  if (backends->parsed()) return ListBackends(backends_options);
  if (cache->parsed()) return RunCacheCommand(cache_options);
  if (settings->parsed()) return PrintSettings(settings_options);
  if (workers->parsed()) return ListWorkers(workers_options);
  return Run(run_options);
}

}  // namespace
}  // namespace namesake::cli

int main(int argc, char** argv) {
  namespace cli = namesake::cli;
  cli::PrepareSignals();
  cli::PrepareEngine();
  try {
    const int exit_code = cli::Main(argc, argv);
    const bool written =
        std::cout.flush().good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
    if (exit_code == cli::kSuccess && !written) {
      return cli::Report(cli::kOutputFailed, "can't write to standard output");
    }
    // Only threads of libraries are left, and one that hangs can't be stopped.
    ::_exit(exit_code);
  } catch (const std::exception& error) {
    return cli::ReportException(error);
  }
}
