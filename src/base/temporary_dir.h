// The system's directory for temporary files.
#ifndef NAMESAKE_BASE_TEMPORARY_DIR_H_
#define NAMESAKE_BASE_TEMPORARY_DIR_H_

#include <filesystem>
#include <string>

#include "namesake/error.h"

namespace namesake::base {

// TMPDIR where it is set and not empty, else /tmp. Errors: runtime_error, with the remedy, for a
// relative path and for what is no directory.
Result<std::filesystem::path> TemporaryDir();

// That it can't be used: why, and the remedy, for the operator alone.
Wording NoTemporaryDir(std::string reason);

// This user's directory in there, where nobody has chosen another: of copies of guests' models, and
// of what a reader needs as a file.
std::filesystem::path UsersDirIn(const std::filesystem::path& temporary);

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_TEMPORARY_DIR_H_
