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

// Makes the file `to`, which must not exist, with the first `bytes` bytes of the regular file
// `from`, and no more: what the file has grown by meanwhile is left out. Shares the blocks with
// `from` where the filesystem can. Never maps it, as touching a page that somebody cuts off would
// end the process. `shown` is what the guest calls the file. Errors: runtime_error when the file
// has fewer bytes by now, and with the system's reason, without a path of the host; timeout when
// the deadline passes before all is copied, which leaves a part of it in `to`.
Result<void> CopyFile(const base::FileDescriptor& from, std::uint64_t bytes,
                      const std::filesystem::path& to, std::string_view shown,
                      Deadline deadline = Deadline::Never());

}  // namespace namesake::guest_models

#endif  // NAMESAKE_GUEST_MODELS_COPY_FILE_H_
