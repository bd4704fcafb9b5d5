#include "cli/models_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>
#include <variant>

#include "base/text.h"
#include "cli/cache_dirs.h"
#include "cli/exit_code.h"
#include "cli/host_options.h"
#include "cli/isolation_check.h"
#include "cli/print_json.h"
#include "cli/report.h"
#include "cli/table.h"
#include "namesake/config.h"
#include "namesake/configured_host.h"

namespace namesake::cli {
namespace {

// A model as one tenant sees it.
struct Seen {
  VisibleModel visible;
  // Empty if it can't be measured, for the reason in `unmeasured`.
  std::optional<std::uint64_t> bytes{};
  std::string unmeasured{};
  // Whether one of its files is missing, so that a load would fail.
  bool missing = false;

  bool is_host() const { return visible.model.key.scope == Scope::Host(); }
  const std::string& own_name() const { return visible.model.key.name.text(); }
  bool ready() const { return visible.model.state == ModelState::kReady; }
  std::string_view state() const {
    const bool unloaded = visible.model.state == ModelState::kRegistered;
    return missing && unloaded ? "missing" : ModelStateName(visible.model.state);
  }
  double load_ms() const {
    return std::chrono::duration<double, std::milli>(visible.model.load_time).count();
  }
};

struct Section {
  std::string tenant;
  std::vector<Seen> models;
};

bool IsMissing(const ConfiguredModel& model) {
  const auto* files = std::get_if<ModelFiles>(&model.model.source);
  return files != nullptr && std::ranges::any_of(files->paths, [](const auto& path) {
           std::error_code ignored;
           return std::filesystem::status(path, ignored).type() ==
                  std::filesystem::file_type::not_found;
         });
}

Seen See(const ConfiguredHost& host, const Tenant& tenant, VisibleModel visible) {
  Seen seen{.visible = std::move(visible)};
  if (seen.ready()) {
    seen.bytes = seen.visible.model.model_bytes;
    return seen;
  }
  const auto configured = host.FindModel(seen.visible, tenant);
  if (!configured) return seen;
  seen.missing = IsMissing(*configured);
  const auto bytes = host.host().Measure(configured->model);
  if (bytes) {
    seen.bytes = *bytes;
  } else {
    seen.unmeasured = bytes.error().detail();
  }
  return seen;
}

void LoadAll(ConfiguredHost& host, const Tenant& tenant) {
  const auto models = host.host().VisibleModels(tenant);
  for (const VisibleModel& model : models) {
    std::ignore = host.host().Prefetch(model.model.key.name.text(), OwnerOf(model, tenant), tenant);
  }
  for (const VisibleModel& model : models) {
    // A failure shows in the model's state.
    std::ignore = host.host().Acquire(model.model.key.name.text(), Deadline::Never(),
                                      OwnerOf(model, tenant), tenant);
  }
}

std::string FromText(const Seen& seen) {
  if (!seen.is_host()) return "tenant";
  return seen.own_name() == seen.visible.name ? "host" : "host as " + seen.own_name();
}

Row ToRow(const Seen& seen, bool with_time) {
  const ModelStatus& model = seen.visible.model;
  Row row = {seen.visible.name,
             FromText(seen),
             std::string(EncodingName(model.encoding)),
             std::string(TargetName(model.target)),
             std::string(seen.state()),
             seen.bytes ? base::SizeText(*seen.bytes) : "?"};
  if (with_time) row.push_back(seen.ready() ? fmt::format("{:.1f} ms", seen.load_ms()) : "");
  return row;
}

void PrintSection(const Section& section, bool with_time) {
  std::vector<Row> rows = {{"NAME", "FROM", "ENCODING", "TARGET", "STATE", "SIZE"}};
  if (with_time) rows.front().emplace_back("LOADED IN");
  for (const Seen& seen : section.models) rows.push_back(ToRow(seen, with_time));
  PrintTable(std::move(rows));
  bool first = true;
  for (const Seen& seen : section.models) {
    const std::string& failure = seen.visible.model.failure;
    const std::string& reason = failure.empty() ? seen.unmeasured : failure;
    if (reason.empty()) continue;
    if (first) PrintLine("");
    PrintLine("{}: {}", seen.visible.name, reason);
    first = false;
  }
}

void PrintTables(const std::vector<Section>& sections, bool with_time) {
  for (const Section& section : sections) {
    if (sections.size() > 1) {
      if (&section != sections.data()) PrintLine("");
      PrintLine("tenant {}", section.tenant);
    }
    PrintSection(section, with_time);
  }
}

nlohmann::json ToJson(const Seen& seen) {
  const ModelStatus& model = seen.visible.model;
  nlohmann::json json = {{"name", seen.visible.name},
                         {"from", seen.is_host() ? "host" : "tenant"},
                         {"own_name", seen.own_name()},
                         {"encoding", EncodingName(model.encoding)},
                         {"target", TargetName(model.target)},
                         {"load", model.load == LoadMode::kEager ? "eager" : "lazy"},
                         {"state", seen.state()},
                         {"bytes", nullptr}};
  if (seen.bytes) json["bytes"] = *seen.bytes;
  if (seen.ready()) json["load_ms"] = seen.load_ms();
  if (!seen.unmeasured.empty()) json["unmeasured"] = seen.unmeasured;
  if (!model.failure.empty()) json["failure"] = model.failure;
  return json;
}

void PrintSections(const std::vector<Section>& sections) {
  nlohmann::json tenants = nlohmann::json::object();
  for (const Section& section : sections) {
    auto& models = tenants[section.tenant] = nlohmann::json::array();
    for (const Seen& seen : section.models) models.push_back(ToJson(seen));
  }
  PrintJson({{"tenants", std::move(tenants)}});
}

Section MakeSection(ConfiguredHost& host, const std::string& name, const Tenant& tenant) {
  Section section{.tenant = name, .models = {}};
  for (VisibleModel& visible : host.host().VisibleModels(tenant)) {
    section.models.push_back(See(host, tenant, std::move(visible)));
  }
  return section;
}

// Uses the cache of compiled models like `run` does; leaves it alone if nothing is loaded.
Result<void> ChooseCache(const ModelsOptions& options, Config& config) {
  if (!options.load) {
    config.cache_dir.reset();
    return {};
  }
  const auto cache = PrepareCacheDirs(UseCache::kYes, config.cache_dir);
  if (!cache) return std::unexpected(cache.error().WithContext(CacheDirPlace(config)));
  config.cache_dir.reset();
  if (cache->models) config.cache_dir = cache->models->parent_path();
  return {};
}

}  // namespace

CLI::App* AddModelsCommand(CLI::App& app, ModelsOptions& options) {
  CLI::App* const models =
      app.add_subcommand("models", "List the models of a configuration as its tenants see them");
  AddConfigFile(*models, options.config);
  models
      ->add_option("--tenant", options.tenant,
                   "List only what this tenant sees (default: what each tenant sees)")
      ->type_name("NAME");
  AddSetOption(*models, options.overrides);
  models->add_flag("--load", options.load,
                   "Load all of them, and show how long each took and which failed");
  models->add_flag("--json", options.json, "Print JSON, for programs");
  return models;
}

int ListModels(const ModelsOptions& options) {
  auto config = ReadConfig(options.config, options.overrides);
  if (!config) return ReportProblems(kBadUsage, config.error());
  if (const auto problems = CheckIsolation(*config); !problems.empty()) {
    return ReportProblems(kBadUsage, problems);
  }
  if (auto chosen = ChooseCache(options, *config); !chosen) {
    return Report(kBadUsage, "{}", chosen.error().detail());
  }
  const auto host = ConfiguredHost::Create(*std::move(config), {});
  if (!host) return Report(kBadUsage, "{}", host.error().detail());
  std::vector<std::string> names = (*host)->TenantNames();
  if (options.tenant) names = {*options.tenant};
  std::vector<Section> sections;
  for (const std::string& name : names) {
    const auto tenant = (*host)->FindTenant(name);
    if (!tenant) return Report(kBadUsage, "--tenant: {}", tenant.error().detail());
    if (options.load) LoadAll(**host, **tenant);
    sections.push_back(MakeSection(**host, name, **tenant));
  }
  if (options.json) {
    PrintSections(sections);
  } else {
    PrintTables(sections, options.load);
  }
  const auto failed = [](const Seen& seen) {
    return seen.visible.model.state == ModelState::kFailed;
  };
  const auto any_failed = [&](const Section& section) {
    return std::ranges::any_of(section.models, failed);
  };
  return std::ranges::any_of(sections, any_failed) ? kModelFailed : kSuccess;
}

}  // namespace namesake::cli
