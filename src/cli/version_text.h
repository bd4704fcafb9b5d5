#ifndef NAMESAKE_CLI_VERSION_TEXT_H_
#define NAMESAKE_CLI_VERSION_TEXT_H_

#include <memory>
#include <string>
#include <vector>

#include "namesake/backend.h"

namespace namesake::cli {

// Returns the versions of Namesake, the engine and each backend, with the encodings that the
// backend reads and its devices on this machine. Slow, because backends probe their devices.
std::string VersionText(const std::vector<std::unique_ptr<Backend>>& backends);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_VERSION_TEXT_H_
