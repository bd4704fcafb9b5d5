#include "host/file_marks.h"

#include <sys/stat.h>

#include <cerrno>

#include "graph/model_files.h"

namespace namesake::host {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

FileMark Mark(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {.path = path, .error_number = errno};
  return {.path = path,
          .device = status.st_dev,
          .inode = status.st_ino,
          .bytes = status.st_size,
          .changed_ns = status.st_mtim.tv_sec * kNanosecondsPerSecond + status.st_mtim.tv_nsec};
}

}  // namespace

std::vector<FileMark> MarkFiles(const Model& model) {
  std::vector<FileMark> marks;
  for (const fs::path& file : graph::FilesOf(model)) marks.push_back(Mark(file));
  return marks;
}

}  // namespace namesake::host
