#include "backend_program/library_files.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/fail.h"

namespace namesake::backend_program {

namespace fs = std::filesystem;

namespace {

constexpr const char* kItself = ".";

Result<std::string> Spelled(const fs::path& folder) {
  std::string text = folder.lexically_normal().string();
  text.resize(text.find_last_not_of('/') + 1);
  if (text.size() > 1 && text[0] == '/') return text;
  return base::FailInternal("a backend's libraries can't be in \"{}\"", folder.string());
}

}  // namespace

Result<LibraryFiles> LibraryFiles::List(const std::vector<fs::path>& folders,
                                        LibraryOpener* opener) {
  LibraryFiles files;
  files.opener_ = opener;
  for (const fs::path& folder : folders) {
    auto text = Spelled(folder);
    if (!text) return base::Fail(std::move(text));
    files.folders_.push_back(*std::move(text));
  }
  // Without an opener, no file could be used.
  if (folders.empty() || opener == nullptr) return files;
  if (auto listed = files.ListEntries(folders.front()); !listed) {
    return base::Fail(std::move(listed));
  }
  return files;
}

Result<void> LibraryFiles::ListEntries(const fs::path& folder) {
  std::error_code error;
  fs::directory_iterator place(folder, error);
  for (; !error && place != fs::directory_iterator(); place.increment(error)) {
    Entry entry{.name = place->path().filename()};
    // A link that leads nowhere is as good as none.
    if (::stat(place->path().c_str(), &entry.status) == 0) entries_.push_back(std::move(entry));
  }
  if (error) {
    return base::Fail(ErrorCode::kRuntimeError, "can't list a backend's libraries: {}",
                      Wording(error.message(), folder.string() + ": " + error.message()));
  }
  // "." stands for the folder itself.
  Entry itself{.name = kItself};
  if (::stat(folder.c_str(), &itself.status) == 0) entries_.push_back(std::move(itself));
  std::ranges::sort(entries_, {}, &Entry::name);
  return {};
}

const char* LibraryFiles::Find(std::string_view path) const noexcept {
  for (const std::string& folder : folders_) {
    if (!path.starts_with(folder)) continue;
    if (path.size() == folder.size()) return kItself;
    if (path[folder.size()] == '/') return path.data() + folder.size() + 1;
  }
  return nullptr;
}

const LibraryFiles::Entry* LibraryFiles::FindEntry(std::string_view file) const noexcept {
  const std::string_view first = file.substr(0, file.find('/'));
  const auto found = std::ranges::lower_bound(
      entries_, first, {}, [](const Entry& entry) { return std::string_view(entry.name); });
  return found == entries_.end() || found->name != first ? nullptr : &*found;
}

long LibraryFiles::Status(const char* file, struct stat& status) const noexcept {
  const std::string_view path = file;
  const Entry* const entry = FindEntry(path);
  if (entry == nullptr) return -ENOENT;
  if (path.size() == entry->name.size()) {
    status = entry->status;
    return 0;
  }
  // In a folder of the folder.
  const int fd = Open(file);
  if (fd < 0) return fd;
  const long result = ::syscall(SYS_fstat, fd, &status) == 0 ? 0 : -errno;
  ::close(fd);
  return result;
}

int LibraryFiles::Open(const char* file) const noexcept {
  const std::string_view path = file;
  const Entry* const entry = FindEntry(path);
  if (entry == nullptr) return -ENOENT;
  if (path.size() != entry->name.size() && !S_ISDIR(entry->status.st_mode)) return -ENOTDIR;
  return opener_->OpenLibrary(file);
}

}  // namespace namesake::backend_program
