#include "cli/inspect_command.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/fail.h"
#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/model_option.h"
#include "cli/print_json.h"
#include "cli/report.h"
#include "cli/table.h"
#include "graph/graph_json.h"
#include "namesake/host.h"
#include "namesake/log.h"

namespace namesake::cli {
namespace {

constexpr std::string_view kName = "model";

void AddRows(std::string_view kind, const std::vector<TensorInfo>& tensors,
             std::vector<Row>& rows) {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    rows.push_back({fmt::format("{} {}", kind, i), tensors[i].name,
                    std::string(ElementTypeName(tensors[i].type)), ShapeText(tensors[i])});
  }
}

void PrintTensors(const Graph& graph) {
  std::vector<Row> rows = {{"", "NAME", "TYPE", "SHAPE"}};
  AddRows("input", graph.inputs(), rows);
  AddRows("output", graph.outputs(), rows);
  PrintTable(std::move(rows));
}

double LoadMilliseconds(const ModelStatus& status) {
  return std::chrono::duration<double, std::milli>(status.load_time).count();
}

void Print(const Graph& graph, const ModelStatus& status) {
  PrintTensors(graph);
  PrintLine("");
  PrintLine("{} model, {}, loaded for {} in {:.1f} ms", EncodingName(status.encoding),
            base::SizeText(status.model_bytes), TargetName(status.target),
            LoadMilliseconds(status));
  for (const std::string& note : graph.notes()) PrintLine("note: {}", note);
}

void PrintAsJson(const Graph& graph, const ModelStatus& status) {
  auto text = nlohmann::json::parse(graph::GraphJson(graph));
  text.update({{"encoding", EncodingName(status.encoding)},
               {"target", TargetName(status.target)},
               {"model_bytes", status.model_bytes},
               {"notes", graph.notes()},
               {"load_ms", LoadMilliseconds(status)}});
  PrintJson(text);
}

}  // namespace

CLI::App* AddInspectCommand(CLI::App& app, InspectOptions& options) {
  CLI::App* const inspect =
      app.add_subcommand("inspect", "Show a model's inputs and outputs, its size and load time");
  inspect
      ->add_option("MODEL", options.model,
                   fmt::format("The model. ENCODING is {}; by default it is detected from the "
                               "content, as with autodetect. Write a colon in a path as \\:",
                               EncodingList(options.encodings)))
      ->type_name("[ENCODING[:TARGET]:]PATH[:PATH...]")
      ->required();
  inspect->add_option("--target", options.target, "Load for cpu (the default), gpu, tpu or auto")
      ->type_name("TARGET");
  inspect->add_flag("--json", options.json, "Print JSON, for programs");
  return inspect;
}

int Inspect(const InspectOptions& options) {
  const auto target = options.target ? ParseTarget(*options.target) : std::nullopt;
  if (options.target && !target) {
    return Report(kBadUsage, "--target {}: expected cpu, gpu, tpu or auto", *options.target);
  }
  auto model = ParseModel(options.model, target, options.encodings);
  if (!model) {
    return Report(kBadUsage, "inspect {}: {}", options.model, model.error().detail());
  }
  const auto host = Host::Create({.cache_dir = std::nullopt, .limits = {}});
  if (!host) return Report(kBadUsage, "{}", host.error().detail());
  if (auto registered = (*host)->Register(kName, *std::move(model)); !registered) {
    return Report(kBadUsage, "inspect {}: {}", options.model, registered.error().detail());
  }
  // The notes that a load logs as warnings are part of the output here.
  if (CurrentLogLevel() == LogLevel::kWarning) SetLogLevel(LogLevel::kError);
  const auto lease = (*host)->Acquire(kName, Deadline::Never());
  if (!lease) {
    return Report(kModelFailed, "inspect {}: {}", options.model, lease.error().detail());
  }
  const ModelStatus status = (*host)->Models().front();
  (options.json ? PrintAsJson : Print)(lease->graph(), status);
  return kSuccess;
}

}  // namespace namesake::cli
