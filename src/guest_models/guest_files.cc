#include "guest_models/guest_files.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "base/fail.h"
#include "base/text.h"
#include "guest_models/model_snapshot.h"

namespace namesake::guest_models {
namespace {

// Strips what wasi-libc ignores before it compares: "/", "./", and a remaining ".".
std::string_view StripPrefixes(std::string_view path) {
  while (true) {
    if (path.starts_with('/')) {
      path.remove_prefix(1);
    } else if (path.starts_with("./")) {
      path.remove_prefix(2);
    } else {
      return path == "." ? "" : path;
    }
  }
}

std::string_view StripSlashes(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

bool Holds(std::string_view prefix, std::string_view path) {
  if (prefix.empty()) return true;
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

Result<void> CheckPath(std::string_view path) {
  if (path.empty()) return base::Fail(ErrorCode::kInvalidArgument, "a model's path is empty");
  if (path.size() > kMaxGuestPathBytes) {
    return base::Fail(ErrorCode::kInvalidArgument,
                      "a model's path has {} bytes; at most {} are allowed", path.size(),
                      kMaxGuestPathBytes);
  }
  if (!base::IsUtf8(path)) {
    return base::Fail(ErrorCode::kInvalidArgument, "the path \"{}\" is not UTF-8",
                      base::Printable(path));
  }
  if (path.contains('\0')) {
    return base::Fail(ErrorCode::kInvalidArgument, "the path \"{}\" has a NUL in it",
                      base::Printable(path));
  }
  return {};
}

}  // namespace

GuestFiles::GuestFiles(std::vector<GuestDirectory> directories,
                       std::shared_ptr<SnapshotStore> store)
    : store_(std::move(store)) {
  for (const GuestDirectory& given : directories) {
    base::FileDescriptor opened(::open(given.host.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const int error_number = opened.valid() ? 0 : errno;
    directories_.push_back({.prefix = std::string(StripSlashes(StripPrefixes(given.guest))),
                            .descriptor = std::move(opened),
                            .error_number = error_number});
  }
}

Result<GuestFiles::Place> GuestFiles::Find(std::string_view guest_path) const {
  const std::string_view path = StripPrefixes(guest_path);
  const Directory* found = nullptr;
  for (const Directory& directory : directories_) {
    const bool longer = found == nullptr || directory.prefix.size() >= found->prefix.size();
    if (longer && Holds(directory.prefix, path)) found = &directory;
  }
  if (found == nullptr) {
    return base::Fail(ErrorCode::kInvalidArgument, "\"{}\" is in none of the guest's directories",
                      base::Printable(guest_path));
  }
  if (!found->descriptor.valid()) {
    return base::Fail(ErrorCode::kRuntimeError,
                      "can't open the guest's directory that contains \"{}\": {}",
                      base::Printable(guest_path), base::SystemWording(found->error_number));
  }
  std::string_view rest = path.substr(found->prefix.size());
  while (rest.starts_with('/')) rest.remove_prefix(1);
  return Place{.directory = found, .path = rest.empty() ? "." : std::string(rest)};
}

Result<ModelFiles> GuestFiles::Snapshot(std::string_view guest_path, Encoding encoding,
                                        const SnapshotLimits& limits) const {
  if (auto checked = CheckPath(guest_path); !checked) return base::Fail(std::move(checked));
  auto place = Find(guest_path);
  if (!place) return base::Fail(std::move(place));
  if (store_ == nullptr) {
    return base::Fail(
        ErrorCode::kUnsupported,
        "can't register \"{}\": this host keeps no copies of guests' models; load it from bytes",
        base::Printable(guest_path));
  }
  return MakeModelSnapshot({.directory = place->directory->descriptor,
                            .path = place->path,
                            .shown = guest_path,
                            .encoding = encoding,
                            .limits = limits},
                           *store_);
}

}  // namespace namesake::guest_models
