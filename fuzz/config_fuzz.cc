// Parses any text as a configuration: it is accepted or refused, and what is accepted keeps the
// promises of namesake/config.h. The input up to the first zero byte is the file, the rest is one
// override. Opens no file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "namesake/config.h"

namespace namesake {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

std::set<std::string> CheckModels(const std::vector<ConfiguredModel>& models) {
  std::set<std::string> names;
  for (const ConfiguredModel& model : models) {
    Require(ModelName::Parse(model.name).has_value());
    Require(names.insert(model.name).second);
    Require(model.model.origin == Origin::kOperator);
    const auto& files = std::get<ModelFiles>(model.model.source);
    Require(!files.paths.empty());
    for (const auto& path : files.paths) Require(!path.empty());
  }
  return names;
}

void CheckTenant(const ConfiguredTenant& tenant, const std::set<std::string>& host_models) {
  Require(!tenant.options.name.empty());
  std::set<std::string> visible;
  for (const Grant& grant : tenant.options.policy.grants) {
    Require(host_models.contains(grant.model));
    Require(ModelName::Parse(grant.visible_name()).has_value());
    Require(visible.insert(grant.visible_name()).second);
  }
  CheckModels(tenant.models);
  const TenantLimits& limits = tenant.options.limits;
  Require(limits.max_loads != 0U && limits.max_inferences != 0U);
}

void CheckConfig(const Config& config) {
  const auto host_models = CheckModels(config.models);
  Require(config.failed_load_ttl.count() >= 0);
  Require(!config.tenants.empty());
  Require(config.limits.max_inferences != 0U);
  std::set<std::string> names;
  for (const ConfiguredTenant& tenant : config.tenants) {
    Require(names.insert(tenant.options.name).second);
    CheckTenant(tenant, host_models);
  }
}

void CheckProblems(const std::vector<ConfigProblem>& problems) {
  Require(!problems.empty());
  int line = 0;
  for (const ConfigProblem& problem : problems) {
    Require(!problem.message.empty());
    Require(!ConfigProblemText(problem).empty());
    if (problem.place.source.starts_with("--set ")) continue;
    Require(problem.place.source == "fuzz.toml");
    Require(problem.place.line >= 1 && problem.place.column >= 1);
    Require(problem.place.line >= line);
    line = problem.place.line;
  }
}

}  // namespace
}  // namespace namesake

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(data[i]);
  std::vector<std::string> overrides;
  if (const auto zero = text.find('\0'); zero != std::string::npos) {
    overrides.push_back(text.substr(zero + 1));
    text.resize(zero);
  }
  const auto config = namesake::ParseConfig(text, "fuzz.toml", overrides);
  if (config) {
    namesake::CheckConfig(*config);
  } else {
    namesake::CheckProblems(config.error());
  }
  return 0;
}
