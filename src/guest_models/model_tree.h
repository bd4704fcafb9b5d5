// The files of a model that is a directory.
#ifndef NAMESAKE_GUEST_MODELS_MODEL_TREE_H_
#define NAMESAKE_GUEST_MODELS_MODEL_TREE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "namesake/error.h"

namespace namesake::guest_models {

// A file, relative to some directory, with its size when it was examined.
struct MeasuredFile {
  std::string path;
  std::uint64_t bytes;
};

struct ModelTree {
  // Parents precede their children.
  std::vector<std::string> directories;
  std::vector<MeasuredFile> files;
};

// Far more than any model has, yet few enough to cost the host little.
inline constexpr std::size_t kMaxTreeEntries = 4096;
inline constexpr int kMaxTreeDepth = 16;

// Lists the content of `directory`, which is open for reading. A link that stays below the
// directory counts as its target. `shown` is the guest's name for the directory. Errors: as for
// OpenBeneath, and invalid_argument for more or deeper entries than the limits above allow.
Result<ModelTree> ListModelTree(const base::FileDescriptor& directory, std::string_view shown);

}  // namespace namesake::guest_models

#endif  // NAMESAKE_GUEST_MODELS_MODEL_TREE_H_
