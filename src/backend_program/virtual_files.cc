#include "backend_program/virtual_files.h"

#include <linux/limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>
#include <thread>

#include "backend_program/virtual_tree.h"
#include "base/fail.h"

namespace namesake::backend_program {
namespace {

struct Node {
  std::string path;  // Relative to the root; empty for the root itself.
  struct stat status{};
  bool is_file = false;
  bool is_writable = false;
  std::size_t file = 0;
};

// Constant after construction.
struct Tree {
  std::string root;
  std::vector<Node> nodes;  // Sorted by path.
  FileOpener* opener = nullptr;
};

// Signal handlers read slots and can't lock, so a reader counts itself in before it looks at the
// tree, and a tree is destroyed when it is out of the slot and nobody is counted in. All operations
// are sequentially consistent: a reader who saw the tree was counted before it went.
struct Slot {
  std::atomic<const Tree*> tree = nullptr;
  std::atomic<unsigned> readers = 0;
};

// Not destroyed: threads may open files while the process exits.
std::array<Slot, VirtualFiles::kMost>& Slots() {
  alignas(64) static constinit std::array<Slot, VirtualFiles::kMost> slots{};
  return slots;
}
// Slots from this one on have never been used.
constinit std::atomic<std::size_t> used_slots = 0;
constinit std::mutex registering;

struct stat DirectoryStatus() {
  struct stat status{};
  status.st_mode = S_IFDIR | 0555;
  status.st_nlink = 2;
  status.st_uid = ::getuid();
  status.st_gid = ::getgid();
  status.st_blksize = 4096;
  return status;
}

// Whether a path beneath the root, or the root, is spelled in the only way that lookups find.
bool IsClean(const std::filesystem::path& path) {
  return !path.empty() && path.has_filename() && path == path.lexically_normal() &&
         *path.begin() != ".." && path != "." && path.native().find("//") == std::string::npos;
}

Result<void> Check(const std::string& root, const VirtualFile& file) {
  const std::filesystem::path path = file.path;
  if (!IsClean(path) || path.is_absolute() || root.size() + 1 + file.path.size() >= PATH_MAX) {
    return base::FailInternal("a virtual file can't be at \"{}\"", file.path);
  }
  if (!S_ISREG(file.status.st_mode)) {
    return base::FailInternal("the virtual file \"{}\" is not a regular file", file.path);
  }
  return {};
}

void AddDirectories(std::vector<Node>& nodes) {
  std::set<std::string> directories = {""};
  for (const Node& node : nodes) {
    std::filesystem::path path = node.path;
    while (path.has_parent_path()) {
      path = path.parent_path();
      directories.insert(path);
    }
  }
  for (const std::string& path : directories) {
    nodes.push_back({.path = path, .status = DirectoryStatus()});
  }
}

Result<std::unique_ptr<Tree>> MakeTree(std::string root, std::vector<VirtualFile> files,
                                       FileOpener& opener) {
  if (!IsClean(root) || root[0] != '/') {
    return base::FailInternal("virtual files can't be at \"{}\"", root);
  }
  std::vector<Node> nodes;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (auto checked = Check(root, files[i]); !checked) return base::Fail(std::move(checked));
    nodes.push_back({std::move(files[i].path), files[i].status, true, files[i].is_writable, i});
  }
  AddDirectories(nodes);
  std::ranges::sort(nodes, {}, &Node::path);
  const auto twice = std::ranges::adjacent_find(nodes, {}, &Node::path);
  if (twice != nodes.end()) {
    return base::FailInternal("two virtual files are at \"{}\"", twice->path);
  }
  return std::make_unique<Tree>(std::move(root), std::move(nodes), &opener);
}

// Whether `path` is `parent` or beneath it.
bool IsAtOrBeneath(std::string_view path, std::string_view parent) {
  return path.starts_with(parent) && (path.size() == parent.size() || path[parent.size()] == '/');
}

const Node* Find(const Tree& tree, std::string_view path) {
  const auto found = std::ranges::lower_bound(
      tree.nodes, path, {}, [](const Node& node) { return std::string_view(node.path); });
  return found == tree.nodes.end() || found->path != path ? nullptr : &*found;
}

bool IsBelowFile(const Tree& tree, std::string_view path) {
  return std::ranges::any_of(tree.nodes, [&](const Node& node) {
    return node.is_file && path.size() > node.path.size() && IsAtOrBeneath(path, node.path);
  });
}

}  // namespace

Result<VirtualFiles> VirtualFiles::Register(std::string root, std::vector<VirtualFile> files,
                                            FileOpener& opener) {
  auto tree = MakeTree(std::move(root), std::move(files), opener);
  if (!tree) return base::Fail(std::move(tree));
  const std::scoped_lock lock(registering);
  const auto free =
      std::ranges::find_if(Slots(), [](const Slot& slot) { return slot.tree.load() == nullptr; });
  if (free == Slots().end()) {
    return base::Fail(ErrorCode::kResourceExhausted, "too many models load at once in one process");
  }
  const auto slot = static_cast<std::size_t>(free - Slots().begin());
  free->tree = tree->release();
  used_slots = std::max(used_slots.load(), slot + 1);
  return VirtualFiles(slot);
}

VirtualFiles::~VirtualFiles() {
  if (slot_ == kMost) return;
  Slot& slot = Slots()[slot_];
  // Those who read a later tree of the slot may delay this, too.
  const std::unique_ptr<const Tree> tree(slot.tree.exchange(nullptr));
  while (slot.readers != 0) std::this_thread::yield();
}

VirtualEntry::VirtualEntry(std::string_view path) noexcept {
  if (path == "/") {
    exists_ = true;
    status_ = DirectoryStatus();
    return;
  }
  const std::size_t used = used_slots;
  for (std::size_t slot = 0; slot < used; ++slot) {
    ++Slots()[slot].readers;
    if (LookIn(slot, path)) {
      slot_ = slot;
      return;
    }
    --Slots()[slot].readers;
  }
}

// Returns whether the slot is to be held: it is about this path, and no other slot can be.
bool VirtualEntry::LookIn(std::size_t slot, std::string_view path) noexcept {
  const Tree* const tree = Slots()[slot].tree;
  if (tree == nullptr) return false;
  if (IsAtOrBeneath(tree->root, path)) {
    exists_ = true;
    status_ = DirectoryStatus();
    return true;
  }
  if (!IsAtOrBeneath(path, tree->root)) return false;
  path.remove_prefix(tree->root.size() + 1);
  if (const Node* const node = Find(*tree, path)) {
    exists_ = true;
    status_ = node->status;
    if (node->is_file) opener_ = tree->opener;
    is_writable_ = node->is_writable;
    file_ = node->file;
  } else {
    is_below_file_ = IsBelowFile(*tree, path);
  }
  return true;
}

VirtualEntry::~VirtualEntry() {
  if (slot_ != VirtualFiles::kMost) --Slots()[slot_].readers;
}

}  // namespace namesake::backend_program
