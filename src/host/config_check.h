// Checks the host's own settings in a configuration, without creating a host.
#ifndef NAMESAKE_HOST_CONFIG_CHECK_H_
#define NAMESAKE_HOST_CONFIG_CHECK_H_

#include <memory>
#include <string_view>
#include <vector>

#include "namesake/backend.h"
#include "namesake/config.h"

namespace namesake::host {

// Returns the place of a key of [host], or its name if no file sets it.
ConfigPlace HostPlace(const Config& config, std::string_view key);

// Returns the installed backends, in workers as the configuration has them.
std::vector<std::unique_ptr<Backend>> BackendsOf(const Config& config);

// Returns those of `backends` that the configuration lists, in its order; all if it lists none.
// Errors: invalid_argument for an unknown name and for one that is listed twice.
Result<std::vector<std::unique_ptr<Backend>>> SelectBackends(
    const Config& config, std::vector<std::unique_ptr<Backend>> backends);

// The place of the choice of a backend for an encoding.
ConfigPlace EncodingBackendPlace(const Config& config, Encoding encoding);

// Reports chosen directories that can't be used; makes none.
std::vector<ConfigProblem> CheckDirectories(const Config& config);

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_CONFIG_CHECK_H_
