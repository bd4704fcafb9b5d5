// The isolation that the command allows.
#ifndef NAMESAKE_CLI_ISOLATION_CHECK_H_
#define NAMESAKE_CLI_ISOLATION_CHECK_H_

#include <vector>

#include "namesake/config.h"
#include "namesake/isolation.h"

namespace namesake::cli {

// Whether the command refuses to load models in its own process. It does as soon as that is no
// longer what a host does by default.
inline constexpr bool kRefusesProcessIsolation = kDefaultIsolation != Isolation::kProcess;

// Finds the settings that would load a model in the command's process, each with its place.
[[nodiscard]] std::vector<ConfigProblem> FindProcessIsolation(const Config& config);
// Returns those problems, or none while the command allows such settings.
[[nodiscard]] std::vector<ConfigProblem> CheckIsolation(const Config& config);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_ISOLATION_CHECK_H_
