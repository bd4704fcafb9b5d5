#include "cli/backends_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/host_options.h"
#include "cli/print_json.h"
#include "cli/report.h"
#include "host/config_check.h"
#include "namesake/backend.h"
#include "namesake/config.h"

namespace namesake::cli {
namespace {

struct Described {
  std::string name;
  std::vector<std::string_view> encodings;
  // An error says what the backend lacks to run.
  Result<BackendDescription> description;
};

// Returns the names of `values` by `name`, such as EncodingName.
template <typename Enum>
std::vector<std::string_view> Names(std::span<const Enum> values, std::string_view (*name)(Enum)) {
  std::vector<std::string_view> names;
  for (const Enum value : values) names.push_back(name(value));
  return names;
}

Described Describe(const Backend& backend) {
  return {.name = std::string(backend.name()),
          .encodings = Names(backend.encodings(), EncodingName),
          .description = backend.Describe()};
}

std::string Listed(const std::vector<std::string_view>& names) {
  return names.empty() ? "none" : fmt::to_string(fmt::join(names, ", "));
}

std::string DevicesText(const std::vector<Device>& devices) {
  std::string text;
  for (const Device& device : devices) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", base::VisibleLine(device.name),
                        base::VisibleLine(device.description));
  }
  return text.empty() ? "none" : text;
}

void Print(const Described& backend) {
  const auto& description = backend.description;
  PrintLine("{} {}", backend.name,
            description ? base::VisibleLine(description->version) : "can't run");
  PrintLine("  encodings: {}", Listed(backend.encodings));
  if (!description)
    return PrintLine("  lacks: {}", base::VisibleLine(description.error().detail()));
  const Capabilities& can = description->capabilities;
  PrintLine("  devices: {}", DevicesText(description->devices));
  PrintLine("  element types: {}", Listed(Names(std::span(can.types), ElementTypeName)));
  PrintLine("  capabilities: {}", Listed(Names(std::span(can.features), CapabilityName)));
}

nlohmann::json ToJson(const Described& backend) {
  nlohmann::json json = {{"name", backend.name},
                         {"encodings", backend.encodings},
                         {"runs", backend.description.has_value()}};
  if (!backend.description) {
    json["lacks"] = backend.description.error().detail();
    return json;
  }
  const BackendDescription& description = *backend.description;
  auto& devices = json["devices"] = nlohmann::json::array();
  for (const auto& [name, text] : description.devices) {
    devices.push_back({{"name", name}, {"description", text}});
  }
  const Capabilities& can = description.capabilities;
  json["version"] = description.version;
  json["element_types"] = Names(std::span(can.types), ElementTypeName);
  json["capabilities"] = Names(std::span(can.features), CapabilityName);
  return json;
}

void PrintAsJson(const std::vector<Described>& backends) {
  nlohmann::json all = nlohmann::json::array();
  for (const Described& backend : backends) all.push_back(ToJson(backend));
  PrintJson({{"backends", std::move(all)}});
}

}  // namespace

CLI::App* AddBackendsCommand(CLI::App& app, BackendsOptions& options) {
  CLI::App* const backends = app.add_subcommand(
      "backends", "List the backends, what each can do, and what it lacks to run");
  auto* const config =
      backends
          ->add_option("--config", options.config,
                       "List the backends that a host of this configuration has, in its order")
          ->type_name("FILE");
  AddSetOption(*backends, options.overrides)->needs(config);
  backends->add_flag("--json", options.json, "Print JSON, for programs");
  return backends;
}

int ListBackends(const BackendsOptions& options) {
  const auto config =
      options.config ? ReadConfig(*options.config, options.overrides) : ParseConfig("", "");
  if (!config) return ReportProblems(kBadUsage, config.error());
  const auto backends = host::SelectBackends(*config, host::BackendsOf(*config));
  if (!backends) return Report(kBadUsage, "{}", backends.error().detail());
  std::vector<Described> described;
  for (const auto& backend : *backends) described.push_back(Describe(*backend));
  if (options.json) {
    PrintAsJson(described);
  } else {
    std::ranges::for_each(described, Print);
  }
  const bool all_run = std::ranges::all_of(
      described, [](const Described& backend) { return backend.description.has_value(); });
  return all_run ? kSuccess : kModelFailed;
}

}  // namespace namesake::cli
