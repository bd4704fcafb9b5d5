// Models at a path that a guest names, beneath a directory that the guest has.
//
// The host resolves the path itself, and copies the files before anybody reads them: the guest may
// change, cut off or exchange them at any moment, and a backend that has mapped a file which is cut
// off would end the process. The bytes go from file to file and never through a guest's memory.
#ifndef NAMESAKE_GUEST_MODELS_GUEST_FILES_H_
#define NAMESAKE_GUEST_MODELS_GUEST_FILES_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "guest_models/snapshot_store.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "namesake/guest_directory.h"
#include "namesake/model.h"

namespace namesake::guest_models {

// Asked before so many bytes more are copied; an error ends the snapshot and is its error. All
// calls for one snapshot together make up the size of the model.
using ReserveBytes = std::function<Result<void>(std::uint64_t bytes)>;

// What one snapshot may take.
struct SnapshotLimits {
  // All files of the model together.
  std::optional<std::uint64_t> max_model_bytes{};
  // May be empty.
  ReserveBytes reserve{};
  // Ends the copying.
  Deadline deadline = Deadline::Never();
};

// Immutable, and so safe for all threads.
class GuestFiles {
 public:
  // Opens the directories now: a guest that may write above one of them could later put a link in
  // its place. One that can't be opened is an error when a path beneath it is used. `store` may be
  // null: there are no snapshots then.
  GuestFiles(std::vector<GuestDirectory> directories, std::shared_ptr<SnapshotStore> store);

  // Copies the model at the guest's path, with the files that belong to it:
  //   OpenVINO    the .bin beside the .xml, if there is one
  //   ONNX        the files that its tensors name, which must lie beneath the model's directory
  //   TensorFlow  if it is a directory, all that is in it
  //   autodetect  whichever of these the content looks like
  // `guest_path` is matched against the names of the directories as wasi-libc does it: the longest
  // whole-component prefix, after a leading "/" or "./", and the last of two equal ones. Links are
  // followed as long as they stay beneath the guest's directory or, for files that belong to a
  // model, beneath the model's. Pipes and devices are never waited for.
  //
  // The paths lie in a private directory that lives as long as `keep` of the result, and longer
  // than this object. Blocks while it copies; what has been copied is removed again on an error.
  //
  // Errors, none with a path of the host: invalid_argument for a path that is malformed, beneath
  // none of the directories, or of a file that is absent or of the wrong kind; security for one
  // that leads out; too_large above max_model_bytes; whatever `reserve` fails with;
  // invalid_encoding for content that is no ONNX model if it must be one; unsupported without a
  // store, or where the kernel can't resolve paths beneath a directory; timeout; runtime_error for
  // a file that is cut off meanwhile, and for the system's errors.
  Result<ModelFiles> Snapshot(std::string_view guest_path, Encoding encoding,
                              const SnapshotLimits& limits) const;

 private:
  struct Directory {
    // As the guest's paths begin: without what is stripped from them. Empty: holds all paths.
    std::string prefix;
    base::FileDescriptor descriptor;
    int error_number;  // Why there is no descriptor.
  };

  // The directory that holds the path, and the rest of the path.
  struct Place {
    const Directory* directory;
    std::string path;
  };

  Result<Place> Find(std::string_view guest_path) const;

  std::vector<Directory> directories_;
  std::shared_ptr<SnapshotStore> store_;
};

}  // namespace namesake::guest_models

#endif  // NAMESAKE_GUEST_MODELS_GUEST_FILES_H_
