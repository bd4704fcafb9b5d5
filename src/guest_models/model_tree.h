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

// A file, relative to some directory, and the size that it had when it was looked at.
struct MeasuredFile {
  std::string path;
  std::uint64_t bytes;
};

struct ModelTree {
  // Parents before their children.
  std::vector<std::string> directories;
  std::vector<MeasuredFile> files;
};

// Far more than any model has, and few enough for a guest to cost the host little.
inline constexpr std::size_t kMaxTreeEntries = 4096;
inline constexpr int kMaxTreeDepth = 16;

// What lies beneath `directory`, which is open for reading. Links that stay beneath it count as
// what they lead to. `shown` is what the guest calls the directory. Errors as OpenBeneath, and
// invalid_argument for more entries or deeper ones than the limits above.
Result<ModelTree> ListModelTree(const base::FileDescriptor& directory, std::string_view shown);

}  // namespace namesake::guest_models

#endif  // NAMESAKE_GUEST_MODELS_MODEL_TREE_H_
