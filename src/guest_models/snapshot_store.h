// The directory for the host's own copies of guests' models.
//
// Each process has its own directory in a root (base/process_directory.h), with a directory for
// each copy.
#ifndef NAMESAKE_GUEST_MODELS_SNAPSHOT_STORE_H_
#define NAMESAKE_GUEST_MODELS_SNAPSHOT_STORE_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/process_directory.h"
#include "namesake/error.h"

namespace namesake::guest_models {

class SnapshotDirectory;

// Safe for all threads. Snapshots share its ownership. The process's directory is removed when
// nothing holds the store any more.
class SnapshotStore : public std::enable_shared_from_this<SnapshotStore> {
 public:
  // Removes what killed processes left behind in `root`, which need not exist: the first snapshot
  // makes it. Resolves a relative root against the current working directory, once. Errors:
  // runtime_error with the path if others may write to the root or it is not a directory.
  static Result<std::shared_ptr<SnapshotStore>> Open(const std::filesystem::path& root);

  // Whether `Open` and the first snapshot would accept the root; makes nothing. Errors: as there.
  static Result<void> Check(const std::filesystem::path& root);

  SnapshotStore(const SnapshotStore&) = delete;
  SnapshotStore& operator=(const SnapshotStore&) = delete;

  // Makes a new empty directory. Errors: runtime_error, with the path and the system's reason in
  // its detail.
  Result<SnapshotDirectory> NewDirectory();

 private:
  explicit SnapshotStore(std::filesystem::path root) : root_(std::move(root)) {}

  // Makes the process's directory and locks it. Needs mutex_.
  Result<void> MakeOwnDirectory();
  // Returns an unused path in the process's directory.
  Result<std::filesystem::path> NewPath();

  const std::filesystem::path root_;
  std::mutex mutex_;
  // Guarded by mutex_. Empty until the first snapshot.
  std::optional<base::ProcessDirectory> own_;
  std::uint64_t next_ = 1;
};

// A directory removed with its content by the destructor. Logs what can't be removed, which is left
// for a later process. Movable.
class SnapshotDirectory {
 public:
  SnapshotDirectory(SnapshotDirectory&& other) noexcept
      : store_(std::move(other.store_)), path_(std::exchange(other.path_, {})) {}
  SnapshotDirectory& operator=(SnapshotDirectory&& other) noexcept {
    std::swap(store_, other.store_);
    std::swap(path_, other.path_);
    return *this;
  }
  ~SnapshotDirectory();

  const std::filesystem::path& path() const { return path_; }

 private:
  friend class SnapshotStore;
  SnapshotDirectory(std::shared_ptr<SnapshotStore> store, std::filesystem::path path)
      : store_(std::move(store)), path_(std::move(path)) {}

  std::shared_ptr<SnapshotStore> store_;
  std::filesystem::path path_;
};

}  // namespace namesake::guest_models

#endif  // NAMESAKE_GUEST_MODELS_SNAPSHOT_STORE_H_
