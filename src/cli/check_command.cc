#include "cli/check_command.h"

#include <fmt/format.h>

#include <utility>

#include "cli/exit_code.h"
#include "cli/host_options.h"
#include "cli/report.h"
#include "namesake/config.h"
#include "namesake/configured_host.h"

namespace namesake::cli {
namespace {

// Without "namesake: " in front, for editors that go to FILE:LINE:COLUMN.
int Print(const std::vector<ConfigProblem>& problems) {
  for (const ConfigProblem& problem : problems) {
    WriteLine(stderr, ConfigProblemText(problem));
  }
  return kBadUsage;
}

}  // namespace

CLI::App* AddCheckCommand(CLI::App& app, CheckOptions& options) {
  CLI::App* const check =
      app.add_subcommand("check", "Say what is wrong with a configuration, and load nothing");
  check->add_option("FILE", options.file, "The configuration")->type_name("FILE")->required();
  AddSetOption(*check, options.overrides);
  return check;
}

int Check(const CheckOptions& options, std::vector<std::unique_ptr<Backend>> backends) {
  auto config = ReadConfig(options.file, options.overrides);
  if (!config) return Print(config.error());
  if (const auto missing = MissingFiles(*config); !missing.empty()) return Print(missing);
  std::size_t models = config->models.size();
  for (const ConfiguredTenant& tenant : config->tenants) models += tenant.models.size();
  const std::string text =
      fmt::format("{}: {}, {}, no problems", options.file.string(), CountText(models, "model"),
                  CountText(config->tenants.size(), "tenant"));
  // Whether this build has the backends can only be told by making a host; compiled models are left
  // alone.
  config->cache_dir.reset();
  const auto host = ConfiguredHost::Create(*std::move(config), std::move(backends));
  if (!host) {
    WriteLine(stderr, fmt::format("{}: {}", options.file.string(), host.error().message()));
    return kBadUsage;
  }
  PrintLine("{}", text);
  return kSuccess;
}

}  // namespace namesake::cli
