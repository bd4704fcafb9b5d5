#include "cli/check_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "cli/cache_dirs.h"
#include "cli/exit_code.h"
#include "cli/host_options.h"
#include "cli/isolation_check.h"
#include "cli/report.h"
#include "namesake/config.h"
#include "namesake/configured_host.h"

namespace namesake::cli {
namespace {

// Omits the prefix "namesake: ", for editors that jump to FILE:LINE:COLUMN.
int Print(const std::vector<ConfigProblem>& problems) {
  for (const ConfigProblem& problem : problems) {
    WriteLine(stderr, ConfigProblemText(problem));
  }
  return kBadUsage;
}

// Checks the cache here, because the command also keeps compiled guests in it: the library does not
// know that.
void CheckCache(Config& config, std::vector<ConfigProblem>& problems) {
  if (!config.cache_dir) return;
  const auto checked = CheckCacheDirs(*config.cache_dir);
  if (!checked) problems.push_back({config.places["cache_dir"], checked.error().detail()});
  config.cache_dir.reset();
}

}  // namespace

CLI::App* AddCheckCommand(CLI::App& app, CheckOptions& options) {
  CLI::App* const check =
      app.add_subcommand("check", "Check a configuration file without loading any model");
  AddConfigFile(*check, options.file);
  AddSetOption(*check, options.overrides);
  return check;
}

int Check(const CheckOptions& options) {
  auto [config, problems] = ReadConfigInPart(options.file, options.overrides);
  CheckCache(config, problems);
  std::ranges::move(CheckIsolation(config), std::back_inserter(problems));
  std::ranges::move(CheckConfig(config, {}), std::back_inserter(problems));
  SortProblems(options.file, problems);
  if (!problems.empty()) return Print(problems);
  std::size_t models = config.models.size();
  for (const ConfiguredTenant& tenant : config.tenants) models += tenant.models.size();
  PrintLine("{}: {}, {}, no problems", options.file.string(), CountText(models, "model"),
            CountText(config.tenants.size(), "tenant"));
  return kSuccess;
}

}  // namespace namesake::cli
