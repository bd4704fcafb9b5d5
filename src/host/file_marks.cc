#include "host/file_marks.h"

#include <sys/stat.h>

#include <cerrno>
#include <variant>

#include "base/file.h"
#include "graph/onnx_scan.h"

namespace namesake {
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

bool MayBe(Encoding encoding, const Model& model) {
  return model.encoding == encoding || model.encoding == Encoding::kAutodetect;
}

void MarkWhatOnnxNames(const fs::path& file, std::vector<FileMark>& marks) {
  const auto mapped = MappedFile::Open(file);
  if (!mapped) return;
  const auto scan = ScanOnnx(mapped->bytes());
  if (!scan) return;
  for (const std::string& location : scan->locations) {
    marks.push_back(Mark(file.parent_path() / location));
  }
}

void MarkDirectory(const fs::path& directory, std::vector<FileMark>& marks) {
  const auto files = FilesBeneath(directory);
  if (!files) return;
  for (const fs::path& file : *files) marks.push_back(Mark(file));
}

}  // namespace

std::vector<FileMark> MarkFiles(const Model& model) {
  std::vector<FileMark> marks;
  const auto* files = std::get_if<ModelFiles>(&model.source);
  if (files == nullptr) return marks;
  for (const fs::path& path : files->paths) {
    marks.push_back(Mark(path));
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) MarkDirectory(path, marks);
    if (MayBe(Encoding::kOnnx, model)) MarkWhatOnnxNames(path, marks);
  }
  if (files->paths.size() == 1 && MayBe(Encoding::kOpenVino, model)) {
    marks.push_back(Mark(fs::path(files->paths.front()).replace_extension(".bin")));
  }
  return marks;
}

}  // namespace namesake
