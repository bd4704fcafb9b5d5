// Copies one model of a guest's, with the files that belong to it.
#ifndef NAMESAKE_WASI_NN_MODEL_SNAPSHOT_H_
#define NAMESAKE_WASI_NN_MODEL_SNAPSHOT_H_

#include <string>
#include <string_view>

#include "base/file.h"
#include "namesake/error.h"
#include "namesake/model.h"
#include "wasi_nn/guest_files.h"
#include "wasi_nn/snapshot_store.h"

namespace namesake {

// Borrows everything.
struct ModelPlace {
  const FileDescriptor& directory;  // The guest's.
  const std::string& path;          // Of the model, relative to it.
  std::string_view shown;           // What the guest calls the path.
  Encoding encoding;
  const SnapshotLimits& limits;
};

// See GuestFiles::Snapshot.
Result<ModelFiles> MakeModelSnapshot(const ModelPlace& place, SnapshotStore& store);

}  // namespace namesake

#endif  // NAMESAKE_WASI_NN_MODEL_SNAPSHOT_H_
