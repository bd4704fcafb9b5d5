// Copies one guest-supplied model, with the files that belong to it.
#ifndef NAMESAKE_GUEST_MODELS_MODEL_SNAPSHOT_H_
#define NAMESAKE_GUEST_MODELS_MODEL_SNAPSHOT_H_

#include <string>
#include <string_view>

#include "base/file.h"
#include "guest_models/guest_files.h"
#include "guest_models/snapshot_store.h"
#include "namesake/error.h"
#include "namesake/model.h"

namespace namesake::guest_models {

// Owns nothing.
struct ModelPlace {
  const base::FileDescriptor& directory;  // The guest's.
  const std::string& path;                // The model's path, relative to `directory`.
  std::string_view shown;                 // The guest's name for the path.
  Encoding encoding;
  const SnapshotLimits& limits;
};

// See GuestFiles::Snapshot.
Result<ModelFiles> MakeModelSnapshot(const ModelPlace& place, SnapshotStore& store);

}  // namespace namesake::guest_models

#endif  // NAMESAKE_GUEST_MODELS_MODEL_SNAPSHOT_H_
