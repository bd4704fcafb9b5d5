#include "cli/isolation_check.h"

#include <optional>
#include <string_view>

namespace namesake::cli {
namespace {

constexpr std::string_view kKey = "isolation";

// Adds a problem if the isolation is set here, and to the process.
void AddIfProcess(const std::optional<Isolation>& isolation, const ConfigPlaces& places,
                  std::vector<ConfigProblem>& problems) {
  const auto place = places.find(kKey);
  if (isolation != Isolation::kProcess || place == places.end()) return;
  problems.push_back(
      {place->second,
       "isolation = \"process\" is only for programs that embed the library; the command loads "
       "models in processes of their tenants: write \"tenant\", or remove the setting"});
}

void AddModels(const std::vector<ConfiguredModel>& models, std::vector<ConfigProblem>& problems) {
  for (const ConfiguredModel& model : models) {
    AddIfProcess(model.model.isolation, model.places, problems);
  }
}

}  // namespace

std::vector<ConfigProblem> FindProcessIsolation(const Config& config) {
  std::vector<ConfigProblem> problems;
  AddIfProcess(config.isolation, config.places, problems);
  AddModels(config.models, problems);
  for (const ConfiguredTenant& tenant : config.tenants) {
    AddIfProcess(tenant.options.isolation, tenant.places, problems);
    AddModels(tenant.models, problems);
  }
  SortProblems(config.file, problems);
  return problems;
}

std::vector<ConfigProblem> CheckIsolation(const Config& config) {
  return kRefusesProcessIsolation ? FindProcessIsolation(config) : std::vector<ConfigProblem>();
}

}  // namespace namesake::cli
