#include "guest_models/snapshot_store.h"

#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "base/fail.h"
#include "base/file.h"

namespace namesake::guest_models {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> CantUse(const fs::path& root, std::string_view reason) {
  return base::Fail(
      ErrorCode::kRuntimeError,
      Wording("the host's directory for copies can't be used",
              fmt::format("can't use {} for copies of guests' models: {}", root.string(), reason)));
}

}  // namespace

Result<std::shared_ptr<SnapshotStore>> SnapshotStore::Open(const fs::path& root) {
  std::error_code error;
  const fs::path absolute = fs::absolute(root, error);
  if (error) return CantUse(root, error.message());
  if (fs::exists(fs::symlink_status(absolute, error))) {
    if (auto made = base::MakePrivateDirectory(absolute); !made) {
      return CantUse(root, made.error().detail());
    }
    base::RemoveLeftBehind(absolute);
  }
  return std::shared_ptr<SnapshotStore>(new SnapshotStore(absolute));
}

Result<void> SnapshotStore::Check(const fs::path& root) {
  auto checked = base::CheckPrivateDirectory(root);
  if (!checked) return CantUse(root, checked.error().detail());
  return checked;
}

Result<void> SnapshotStore::MakeOwnDirectory() {
  auto own = base::ProcessDirectory::Make(root_);
  if (!own) return CantUse(root_, own.error().detail());
  own_ = *std::move(own);
  return {};
}

Result<fs::path> SnapshotStore::NewPath() {
  const std::lock_guard lock(mutex_);
  if (!own_) {
    if (auto made = MakeOwnDirectory(); !made) return base::Fail(std::move(made));
  }
  return own_->path() / std::to_string(next_++);
}

Result<SnapshotDirectory> SnapshotStore::NewDirectory() {
  auto free = NewPath();
  if (!free) return base::Fail(std::move(free));
  fs::path path = *std::move(free);
  // Without the mutex, because a filesystem may be slow.
  if (::mkdir(path.c_str(), S_IRWXU) != 0) return CantUse(root_, base::SystemReason(errno));
  return SnapshotDirectory(shared_from_this(), std::move(path));
}

SnapshotDirectory::~SnapshotDirectory() {
  if (!path_.empty()) base::RemoveWithContent(path_);
}

}  // namespace namesake::guest_models
