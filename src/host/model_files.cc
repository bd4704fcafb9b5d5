#include "host/model_files.h"

#include <algorithm>
#include <iterator>
#include <system_error>
#include <variant>

#include "base/file.h"
#include "graph/onnx_scan.h"

namespace namesake::host {
namespace {

namespace fs = std::filesystem;

bool MayBe(Encoding encoding, const Model& model) {
  return model.encoding == encoding || model.encoding == Encoding::kAutodetect;
}

void AddWhatOnnxNames(const fs::path& file, std::vector<fs::path>& files) {
  const auto mapped = base::MappedFile::Open(file);
  if (!mapped) return;
  const auto scan = graph::ScanOnnx(mapped->bytes());
  if (!scan) return;
  for (const std::string& location : scan->locations) {
    files.push_back(file.parent_path() / location);
  }
}

// Sorted, as a directory's own order may change.
void AddDirectory(const fs::path& directory, std::vector<fs::path>& files) {
  constexpr auto kFollow = fs::directory_options::follow_directory_symlink;
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, kFollow, error), end; !error && it != end;
       it.increment(error)) {
    entries.push_back(it->path());
  }
  std::ranges::sort(entries);
  std::ranges::move(entries, std::back_inserter(files));
}

}  // namespace

std::vector<fs::path> FilesOf(const Model& model) {
  std::vector<fs::path> files;
  const auto* given = std::get_if<ModelFiles>(&model.source);
  if (given == nullptr) return files;
  for (const fs::path& path : given->paths) {
    files.push_back(path);
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) AddDirectory(path, files);
    if (MayBe(Encoding::kOnnx, model)) AddWhatOnnxNames(path, files);
  }
  if (given->paths.size() == 1 && MayBe(Encoding::kOpenVino, model)) {
    files.push_back(fs::path(given->paths.front()).replace_extension(".bin"));
  }
  return files;
}

}  // namespace namesake::host
