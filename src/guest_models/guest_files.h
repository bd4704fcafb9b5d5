// Copies models from paths that a guest names, in directories that the guest has.
//
// The host resolves the path itself and copies the files before anything reads them. The guest may
// change, truncate or replace them at any moment, and a backend that maps a truncated file would
// end the process. The bytes go from file to file, never through a guest's memory.
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

// Called before the given number of further bytes is copied. An error ends the snapshot, which
// fails with it. The calls for one snapshot add up to the size of the model.
using ReserveBytes = std::function<Result<void>(std::uint64_t bytes)>;

// Limits on one snapshot.
struct SnapshotLimits {
  // For all files of the model together.
  std::optional<std::uint64_t> max_model_bytes{};
  // May be empty.
  ReserveBytes reserve{};
  // The copying stops when it passes.
  Deadline deadline = Deadline::Never();
};

// Immutable, so safe for all threads.
class GuestFiles {
 public:
  // Opens the directories now, because a guest that may write to a parent could later put a link in
  // their place. A directory that can't be opened causes an error when a path in it is used.
  // `store` may be null: then there are no snapshots.
  GuestFiles(std::vector<GuestDirectory> directories, std::shared_ptr<SnapshotStore> store);

  // Copies the model at the guest's path, with the files that belong to it:
  //   OpenVINO    the .bin next to the .xml, if there is one
  //   ONNX        the files that its tensors name, which must be below the model's directory
  //   TensorFlow  everything in it if it is a directory
  //   autodetect  whichever of these the content looks like
  // Matches `guest_path` with the names of the directories like wasi-libc does: strips a leading
  // "/" or "./", takes the longest prefix of whole components, and the last of two equal ones.
  // Follows links that stay below the guest's directory or, for files that belong to a model, below
  // the model's. Never waits for pipes and devices.
  //
  // The result's paths are in a private directory, which lives as long as the result's `copy`, and
  // may outlive this object. Blocks while it copies; removes everything again on an error.
  //
  // Errors, none with a path of the host: invalid_argument for a path that is malformed, in none of
  // the directories, or of a file that is absent or of the wrong kind; security for one that leads
  // out; too_large above max_model_bytes; whatever `reserve` fails with; invalid_encoding for
  // content that must be an ONNX model but is not; unsupported without a store, or if the kernel
  // can't resolve paths below a directory; timeout; runtime_error for a file truncated during the
  // copy, and for the system's errors.
  Result<ModelFiles> Snapshot(std::string_view guest_path, Encoding encoding,
                              const SnapshotLimits& limits) const;

 private:
  struct Directory {
    // The stripped start of the guest's paths. Empty: contains all paths.
    std::string prefix;
    base::FileDescriptor descriptor;
    int error_number;  // Why there is no descriptor.
  };

  // The directory that contains the path, and the rest of the path.
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
