// The system's directory for temporary files.
#ifndef NAMESAKE_BASE_TEMPORARY_DIR_H_
#define NAMESAKE_BASE_TEMPORARY_DIR_H_

#include <filesystem>
#include <string>

#include "namesake/error.h"

namespace namesake::base {

// Returns TMPDIR if it is set and not empty, otherwise /tmp. Errors: runtime_error, with the
// remedy, for a relative path and for a path that is not a directory.
Result<std::filesystem::path> TemporaryDir();

// Says that the directory can't be used, with the reason and the remedy only for the operator.
Wording NoTemporaryDir(std::string reason);

// The default directory of this user within `temporary`, for copies of guests' models and for files
// that model readers need.
std::filesystem::path UsersDirIn(const std::filesystem::path& temporary);

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_TEMPORARY_DIR_H_
