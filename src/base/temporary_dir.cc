#include "base/temporary_dir.h"

#include <unistd.h>

#include <cstdlib>
#include <system_error>

#include "base/fail.h"
#include "base/text.h"

namespace namesake::base {

namespace fs = std::filesystem;

Result<fs::path> TemporaryDir() {
  const char* const given = std::getenv("TMPDIR");
  const bool is_set = given != nullptr && *given != '\0';
  fs::path directory = is_set ? given : "/tmp";
  std::error_code ignored;
  if (directory.is_absolute() && fs::is_directory(directory, ignored)) return directory;
  std::string reason = "/tmp is not a directory; set TMPDIR to a directory for temporary files";
  if (is_set) {
    reason = fmt::format(
        "TMPDIR is {}, which is {}; set it to the absolute path of a directory, or unset it to "
        "use /tmp",
        Printable(directory.native()),
        directory.is_absolute() ? "not a directory" : "not an absolute path");
  }
  return Fail(ErrorCode::kRuntimeError, NoTemporaryDir(std::move(reason)));
}

Wording NoTemporaryDir(std::string reason) {
  return {"the host has no usable temporary directory", std::move(reason)};
}

std::filesystem::path UsersDirIn(const std::filesystem::path& temporary) {
  return temporary / fmt::format("namesake-{}", ::geteuid());
}

}  // namespace namesake::base
