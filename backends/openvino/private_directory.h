// A directory of one load's own, for readers that take nothing but a path.
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

// Made with mode 0700; removed with all that is in it when it ends, or by the next start where the
// process was killed. Movable.
class PrivateDirectory {
 public:
  // In the directory that `LoadOptions::temporary_dir` says. Errors: runtime_error with the path
  // and the system's reason; those of `TemporaryDir`.
  static Result<PrivateDirectory> Make(const std::optional<std::filesystem::path>& chosen);

  // A new file or link of that name in it; the path of it. Errors: runtime_error.
  Result<std::filesystem::path> Write(std::string_view name, std::span<const std::byte> bytes);
  Result<std::filesystem::path> Link(std::string_view name, const std::filesystem::path& to);

 private:
  explicit PrivateDirectory(base::ProcessDirectory directory) : directory_(std::move(directory)) {}

  base::ProcessDirectory directory_;
};

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_PRIVATE_DIRECTORY_H_
