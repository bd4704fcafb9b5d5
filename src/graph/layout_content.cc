#include "graph/layout_content.h"

#include <sys/stat.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <iterator>
#include <span>
#include <variant>

#include "base/fail.h"
#include "graph/model_files.h"

namespace namesake::graph {
namespace {

namespace fs = std::filesystem;

// Whether a change of a file at that time is long enough ago.
bool IsSettled(const struct timespec& changed) {
  using std::chrono::nanoseconds, std::chrono::milliseconds, std::chrono::seconds;
  // The file system keeps seconds only, or is an image, whose times its maker has chosen.
  if (changed.tv_nsec == 0) return false;
  // The kernel's clock for files ticks every 10 ms at the slowest.
  constexpr milliseconds kStep{20};
  const nanoseconds then = seconds(changed.tv_sec) + nanoseconds(changed.tv_nsec);
  const nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
  return now - then > kStep;
}

void Append(const fs::path& path, LayoutStamp& stamp) {
  struct stat status{};
  const bool is_there = ::stat(path.c_str(), &status) == 0;
  fmt::format_to(std::back_inserter(stamp.content), "{}:{}:{}:{}.{};", status.st_dev, status.st_ino,
                 status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  fmt::format_to(std::back_inserter(stamp.status), "{}.{};", status.st_ctim.tv_sec,
                 status.st_ctim.tv_nsec);
  stamp.is_settled = stamp.is_settled && is_there && IsSettled(status.st_ctim);
}

// A model's own name means nothing, and what those of its companions mean its content says.
std::string NameWithin(const ModelLayout::Files& files, const fs::path& file) {
  const fs::path within = file.lexically_relative(files.model);
  return within.empty() || *within.begin() == ".." || within == "." ? "" : within.native();
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

LayoutStamp StampOf(const ModelLayout& layout) {
  LayoutStamp stamp;
  const auto* files = std::get_if<ModelLayout::Files>(&layout.parts);
  if (files == nullptr) return stamp;
  for (const fs::path& file : FilesOf(*files)) {
    stamp.content += NameWithin(*files, file);
    Append(file, stamp);
  }
  return stamp;
}

}  // namespace namesake::graph
