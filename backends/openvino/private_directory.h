// A directory for a single load, for readers that only accept a path.
#ifndef NAMESAKE_BACKENDS_OPENVINO_PRIVATE_DIRECTORY_H_
#define NAMESAKE_BACKENDS_OPENVINO_PRIVATE_DIRECTORY_H_

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/process_directory.h"
#include "namesake/error.h"

namespace namesake::openvino {

// Made with mode 0700. Removed with its content by the destructor or, if the process was killed, by
// the next start. Movable.
class PrivateDirectory {
 public:
  // Makes it in the directory given by `LoadOptions::temporary_dir`. Errors: runtime_error with the
  // path and the system's reason; those of `TemporaryDir`.
  static Result<PrivateDirectory> Make(const std::optional<std::filesystem::path>& chosen);

  // Both create an entry of that name, a file or a link, and return its path. Errors:
  // runtime_error.
  Result<std::filesystem::path> Write(std::string_view name, std::span<const std::byte> bytes);
  Result<std::filesystem::path> Link(std::string_view name, const std::filesystem::path& to);

 private:
  explicit PrivateDirectory(base::ProcessDirectory directory) : directory_(std::move(directory)) {}

  base::ProcessDirectory directory_;
};

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_PRIVATE_DIRECTORY_H_
