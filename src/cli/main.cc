// The command: assembles the backends, and hands over to one subcommand.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "backend_openvino/openvino_backend.h"
#include "base/log.h"
#include "cli/check_command.h"
#include "cli/exit_code.h"
#include "cli/failures.h"
#include "cli/inspect_command.h"
#include "cli/models_command.h"
#include "cli/report.h"
#include "cli/run_command.h"
#include "cli/signals.h"
#include "cli/version_text.h"
#include "namesake/config.h"

namespace namesake::cli {
namespace {

std::vector<std::unique_ptr<Backend>> AllBackends() {
  std::vector<std::unique_ptr<Backend>> backends;
  backends.push_back(NewOpenVinoBackend());
  return backends;
}

// Breaks `text` between words into lines of at most `width` characters.
std::string Wrap(const std::string& text, std::size_t width) {
  std::istringstream words(text);
  std::string wrapped;
  std::size_t column = 0;
  for (std::string word; words >> word; column += word.size()) {
    if (column > 0) {
      const bool fits = column + 1 + word.size() <= width;
      wrapped += fits ? ' ' : '\n';
      column = fits ? column + 1 : 0;
    }
    wrapped += word;
  }
  return wrapped;
}

// Help in 100 columns, without CLI11's remarks on types; and `run` takes what CLI11 has no word
// for: a program and its own arguments.
class Formatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* app, std::string name) const override {
    std::string usage = CLI::Formatter::make_usage(app, std::move(name));
    if (app->get_name() == "run") {
      usage.insert(usage.find_last_not_of('\n') + 1, " GUEST.wasm [ARGS...]");
    }
    return usage;
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_type_name().empty() ? "" : " " + option->get_type_name();
  }

  std::string make_option_desc(const CLI::Option* option) const override {
    return Wrap(option->get_description(), 100 - get_column_width());
  }
};

constexpr const char* kExamples = R"(Examples:
  namesake run --nn-preload photo:onnx:model.onnx --dir photos guest.wasm photo photos/a.png
  namesake run --nn-graph openvino::models/photo guest.wasm
  namesake run --config namesake.toml --tenant acme guest.wasm
  namesake check namesake.toml
  namesake models --config namesake.toml
  namesake inspect onnx:model.onnx)";

constexpr const char* kRunFooter =
    R"(Options stand before the guest; what follows it are the guest's own arguments.

Exit status: the guest's own; 2 for a bad option or guest, 3 for a model that can't be loaded (no
guest has run then), 134 when the guest trapped or its time was up.)";

constexpr const char* kCheckFooter =
    R"(Exit status: 0; 2 with problems, each on a line of standard error.)";

constexpr const char* kModelsFooter =
    R"(Nothing is loaded without --load. Exit status: 0; 2 for a bad option or configuration, 3 with
--load when a model can't be loaded.)";

constexpr const char* kInspectFooter =
    R"(Exit status: 0; 2 for a bad argument, 3 for a model that can't be loaded.)";

// Parses the options and returns what follows them: for `run`, the guest and its arguments. A "--"
// in front of the guest ends the options and is dropped; CLI11 does not know that where a program
// follows.
std::vector<std::string> Parse(CLI::App& app, const CLI::App& run, std::vector<std::string> args) {
  const auto parse = [&app](auto begin, auto end) {
    std::vector<std::string> reversed(std::make_reverse_iterator(end),
                                      std::make_reverse_iterator(begin));
    app.parse(std::move(reversed));
  };
  const auto dashes = std::find(args.begin(), args.end(), "--");
  if (dashes != args.end() && args.front() == "run") {
    parse(args.begin(), dashes);
    if (run.remaining().empty()) return {dashes + 1, args.end()};
  }
  parse(args.begin(), args.end());
  std::vector<std::string> rest = run.remaining();
  if (!rest.empty() && rest.front().starts_with('-')) {
    throw CLI::ParseError("run: there is no option " + rest.front(), kBadUsage);
  }
  return rest;
}

void SetVerbosity(int verbose) {
  if (verbose == 1) Log().set_level(spdlog::level::info);
  if (verbose > 1) Log().set_level(spdlog::level::debug);
}

int Main(int argc, char** argv) {
  CLI::App app("Runs WebAssembly guests beside named machine-learning models (wasi-nn).",
               "namesake");
  app.formatter(std::make_shared<Formatter>());
  app.footer(kExamples);
  app.require_subcommand(0, 1);  // None at all is reported below, after what was not understood.
  app.set_version_flag("--version", [] { return VersionText(AllBackends()); });
  RunOptions run_options;
  CLI::App* const run = AddRunCommand(app, run_options);
  InspectOptions inspect_options;
  CLI::App* const inspect = AddInspectCommand(app, inspect_options);
  CheckOptions check_options;
  CLI::App* const check = AddCheckCommand(app, check_options);
  ModelsOptions models_options;
  CLI::App* const models = AddModelsCommand(app, models_options);
  const CLI::App* const settings =
      app.add_subcommand("settings", "List all settings of a configuration, as Markdown");
  check->footer(kCheckFooter);
  models->footer(kModelsFooter);
  run->footer(kRunFooter);
  inspect->footer(kInspectFooter);
  int verbose = 0;
  for (CLI::App* const command : {run, inspect, models}) {
    command->add_flag("-v,--verbose", verbose,
                      "Log more to standard error; -vv tells why a guest's call was refused");
  }
  try {
    run_options.guest_and_args = Parse(app, *run, {argv + 1, argv + argc});
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    return Report(kBadUsage, "{}; see namesake --help", error.what());
  }
  if (app.get_subcommands().empty()) {
    return Report(
        kBadUsage,
        "nothing to do: expected run, check, models, settings or inspect; see namesake --help");
  }
  SetVerbosity(verbose);
  if (const auto able = CheckProcess(); !able)
    return Report(kBadUsage, "{}", able.error().message());
  if (inspect->parsed()) return Inspect(inspect_options, AllBackends());
  if (check->parsed()) return Check(check_options, AllBackends());
  if (models->parsed()) return ListModels(models_options, AllBackends());
  if (settings->parsed()) {
    std::cout << SettingsReference();
    return kSuccess;
  }
  return Run(run_options, AllBackends());
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
      return cli::Report(cli::kOutputFailed, "standard output can't be written");
    }
    // What is left is the libraries' own, of which a thread may hang that nothing can stop.
    ::_exit(exit_code);
  } catch (const std::exception& error) {
    return cli::ReportException(error);
  }
}
