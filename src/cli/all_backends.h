// The backends of the command: those that are built.
#ifndef NAMESAKE_CLI_ALL_BACKENDS_H_
#define NAMESAKE_CLI_ALL_BACKENDS_H_

#include <memory>
#include <vector>

#include "namesake/backend.h"

namespace namesake::cli {

// In order of preference; cmake/Backend.cmake writes it from the list of what is built. Empty where
// none is.
std::vector<std::unique_ptr<Backend>> AllBackends();

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_ALL_BACKENDS_H_
