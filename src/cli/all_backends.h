// The backends built into the command.
#ifndef NAMESAKE_CLI_ALL_BACKENDS_H_
#define NAMESAKE_CLI_ALL_BACKENDS_H_

#include <memory>
#include <vector>

#include "namesake/backend.h"

namespace namesake::cli {

// In order of preference. cmake/Backend.cmake generates it from the list of built backends; empty
// if there are none.
std::vector<std::unique_ptr<Backend>> AllBackends();

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_ALL_BACKENDS_H_
