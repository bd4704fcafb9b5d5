#include "guest_models/model_tree.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "base/fail.h"
#include "base/text.h"
#include "guest_models/beneath.h"

namespace namesake::guest_models {
namespace {

using Stream = std::unique_ptr<DIR, int (*)(DIR*)>;

// Returns null at the end, with errno 0, and on an error.
const dirent* NextEntry(const Stream& stream) {
  errno = 0;
  return ::readdir(stream.get());
}

class Lister {
 public:
  Lister(const base::FileDescriptor& root, std::string_view shown) : root_(root), shown_(shown) {}

  // `path` is the directory, relative to the root; empty for the root.
  Result<void> List(const std::string& path, int depth) {
    if (depth > kMaxTreeDepth) {
      return base::Fail(
          ErrorCode::kInvalidArgument,
          "\"{}\" nests directories more than {} deep; register the model's own directory",
          base::Printable(shown_), kMaxTreeDepth);
    }
    const auto names = Names(path);
    if (!names) return base::Fail(names);
    for (const std::string& name : *names) {
      if (auto added = Add(path.empty() ? name : path + "/" + name, depth); !added) return added;
    }
    return {};
  }

  ModelTree Finish() && { return std::move(tree_); }

 private:
  std::string Shown(const std::string& path) const {
    if (path.empty()) return std::string(shown_);
    return std::filesystem::path(shown_) / path;
  }

  std::unexpected<Error> CantList(const std::string& path, int error_number) const {
    return base::Fail(ErrorCode::kRuntimeError, "can't list \"{}\": {}",
                      base::Printable(Shown(path)), base::SystemWording(error_number));
  }

  // Sorted, so that the order is always the same for the same tree.
  Result<std::vector<std::string>> Names(const std::string& path) {
    auto opened = OpenDirectoryBeneath(root_, path.empty() ? "." : path, Shown(path));
    if (!opened) return base::Fail(std::move(opened));
    const Stream stream(::fdopendir(opened->descriptor.get()), &::closedir);
    if (stream == nullptr) return CantList(path, errno);
    opened->descriptor.Release();
    std::vector<std::string> names;
    while (const dirent* const entry = NextEntry(stream)) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (++entries_ > kMaxTreeEntries) {
        return base::Fail(ErrorCode::kInvalidArgument,
                          "\"{}\" has more than {} entries; register the model's own directory",
                          base::Printable(shown_), kMaxTreeEntries);
      }
      names.emplace_back(name);
    }
    if (errno != 0) return CantList(path, errno);
    std::ranges::sort(names);
    return names;
  }

  // Keeps nothing open while it descends.
  Result<void> Add(const std::string& path, int depth) {
    const auto measured = Measure(path);
    if (!measured) return base::Fail(measured);
    if (const std::optional<std::uint64_t> bytes = *measured) {
      tree_.files.push_back({.path = path, .bytes = *bytes});
      return {};
    }
    tree_.directories.push_back(path);
    return List(path, depth + 1);
  }

  // Empty for a directory.
  Result<std::optional<std::uint64_t>> Measure(const std::string& path) const {
    const auto opened = OpenBeneath(root_, path, Shown(path));
    if (!opened) return base::Fail(opened);
    if (opened->kind == FileKind::kDirectory) return std::nullopt;
    return opened->bytes;
  }

  const base::FileDescriptor& root_;
  const std::string_view shown_;
  std::size_t entries_ = 0;
  ModelTree tree_;
};

}  // namespace

Result<ModelTree> ListModelTree(const base::FileDescriptor& directory, std::string_view shown) {
  Lister lister(directory, shown);
  if (auto listed = lister.List("", 1); !listed) return base::Fail(std::move(listed));
  return std::move(lister).Finish();
}

}  // namespace namesake::guest_models
