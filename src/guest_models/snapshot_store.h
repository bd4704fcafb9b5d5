// Where the host keeps its own copies of models that guests own.
//
// Each process has a directory of its own beneath a root (base/process_directory.h), and in that
// one for each copy.
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

// Safe for all threads. The snapshots keep it alive; with the last of them, and with whoever else
// holds the store, the process's directory goes.
class SnapshotStore : public std::enable_shared_from_this<SnapshotStore> {
 public:
  // Removes what killed processes have left beneath `root`, which need not exist: it is made for
  // the first snapshot. A relative root is beneath today's working directory. Errors: runtime_error
  // with the path when others may write to the root, or it is no directory.
  static Result<std::shared_ptr<SnapshotStore>> Open(const std::filesystem::path& root);

  // Whether `Open` and the first snapshot would find the root usable, without making anything.
  // Errors: as there.
  static Result<void> Check(const std::filesystem::path& root);

  SnapshotStore(const SnapshotStore&) = delete;
  SnapshotStore& operator=(const SnapshotStore&) = delete;

  // A new empty directory. Errors: runtime_error with the path and the system's reason in its
  // detail.
  Result<SnapshotDirectory> NewDirectory();

 private:
  explicit SnapshotStore(std::filesystem::path root) : root_(std::move(root)) {}

  // Makes the process's directory and locks it. Needs mutex_.
  Result<void> MakeOwnDirectory();
  // In the process's directory, where nothing is yet.
  Result<std::filesystem::path> NewPath();

  const std::filesystem::path root_;
  std::mutex mutex_;
  // Guarded by mutex_. Empty until the first snapshot.
  std::optional<base::ProcessDirectory> own_;
  std::uint64_t next_ = 1;
};

// A directory that is removed with all that is in it when this ends; what can't be removed is
// logged, and left for a later process to remove. Movable.
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
