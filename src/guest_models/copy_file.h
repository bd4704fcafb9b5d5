// Copies a file that may change at any moment.
#ifndef NAMESAKE_GUEST_MODELS_COPY_FILE_H_
#define NAMESAKE_GUEST_MODELS_COPY_FILE_H_

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/file.h"
#include "namesake/deadline.h"
#include "namesake/error.h"

namespace namesake::guest_models {

// Creates the file `to`, which must not exist, with the first `bytes` bytes of the regular file
// `from`; ignores later growth of `from`. Shares the blocks if the filesystem can. Never maps
// `from`: if somebody truncates it, touching a lost page would end the process. `shown` is the
// guest's name for the file. Errors: runtime_error if the file has become shorter, or with the
// system's reason, without a path of the host; timeout if the deadline passes before the end, which
// leaves an incomplete `to`.
Result<void> CopyFile(const base::FileDescriptor& from, std::uint64_t bytes,
                      const std::filesystem::path& to, std::string_view shown,
                      Deadline deadline = Deadline::Never());

}  // namespace namesake::guest_models

#endif  // NAMESAKE_GUEST_MODELS_COPY_FILE_H_
