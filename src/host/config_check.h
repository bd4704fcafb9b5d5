// Checks a configuration's settings of the host itself without making one.
#ifndef NAMESAKE_HOST_CONFIG_CHECK_H_
#define NAMESAKE_HOST_CONFIG_CHECK_H_

#include <string_view>
#include <vector>

#include "namesake/config.h"

namespace namesake::host {

// The place of a key of [host], or its name where no file says it.
ConfigPlace HostPlace(const Config& config, std::string_view key);

// The chosen directories that can't be used; none is made.
std::vector<ConfigProblem> CheckDirectories(const Config& config);

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_CONFIG_CHECK_H_
