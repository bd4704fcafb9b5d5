// Checks across several settings.
#ifndef NAMESAKE_CONFIG_CHECKS_H_
#define NAMESAKE_CONFIG_CHECKS_H_

#include "config/problems.h"
#include "config/settings.h"

namespace namesake::config {

void CheckSettings(const FileEntry& file, Problems& problems);

}  // namespace namesake::config

#endif  // NAMESAKE_CONFIG_CHECKS_H_
