#include "graph/layout_content.h"

#include <sys/stat.h>

#include <filesystem>
#include <iterator>
#include <span>
#include <variant>

#include "base/fail.h"
#include "base/file.h"

namespace namesake::graph {
namespace {

namespace fs = std::filesystem;

void AppendStamp(const fs::path& path, std::string& stamp) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return;
  fmt::format_to(std::back_inserter(stamp), "{}:{}:{}.{};", status.st_ino, status.st_size,
                 status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

}  // namespace

Result<void> AddContent(const ModelLayout& layout, CacheKey::Builder& key) {
  if (const auto* memory = std::get_if<ModelLayout::Memory>(&layout.parts)) {
    key.Add(std::span<const std::byte>(*memory->model));
    if (memory->weights) key.Add(std::span<const std::byte>(*memory->weights));
    return {};
  }
  const auto& files = std::get<ModelLayout::Files>(layout.parts);
  if (auto added = key.AddContent(files.model); !added) return added;
  for (const fs::path& file : files.companions) {
    key.Add(file.lexically_relative(files.model.parent_path()).native());
    if (auto added = key.AddContent(file); !added) return added;
  }
  return {};
}

std::string Stamp(const ModelLayout& layout) {
  std::string stamp;
  const auto* files = std::get_if<ModelLayout::Files>(&layout.parts);
  if (files == nullptr) return stamp;
  AppendStamp(files->model, stamp);
  for (const fs::path& file : files->companions) AppendStamp(file, stamp);
  // Nothing for a model that is a file.
  if (const auto beneath = base::FilesBeneath(files->model, layout.name)) {
    for (const fs::path& file : *beneath) AppendStamp(file, stamp);
  }
  return stamp;
}

}  // namespace namesake::graph
