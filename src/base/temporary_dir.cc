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
  if (!is_set) {
    return Fail(ErrorCode::kRuntimeError,
                "/tmp is not a directory; set TMPDIR to a directory for temporary files");
  }
  return Fail(ErrorCode::kRuntimeError,
              "TMPDIR is {}, which is {}; set it to the absolute path of a directory, or unset it "
              "to use /tmp",
              Printable(directory.native()),
              directory.is_absolute() ? "not a directory" : "not an absolute path");
}

std::filesystem::path UsersDirIn(const std::filesystem::path& temporary) {
  return temporary / fmt::format("namesake-{}", ::geteuid());
}

}  // namespace namesake::base
