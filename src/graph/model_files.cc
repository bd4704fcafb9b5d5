#include "graph/model_files.h"

#include <algorithm>
#include <iterator>
#include <system_error>
#include <variant>

#include "base/file.h"
#include "graph/encoding_layout.h"
#include "graph/named_files.h"

namespace namesake::graph {
namespace {

namespace fs = std::filesystem;

void AddNamed(const fs::path& file, Encoding encoding, std::vector<fs::path>& files) {
  if (!MayHave(encoding, Companions::kNamed)) return;
  const auto mapped = base::MappedFile::Open(file);
  if (!mapped) return;
  const auto named = FilesNamedBy(mapped->bytes(), encoding, GivenAs::kFiles);
  if (!named) return;
  for (const NamedFile& one : named->files) {
    if (one.is_allowed()) files.push_back(file.parent_path() / one.name);
  }
}

// Sorted, because a directory's own order may change.
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
  if (given == nullptr || given->paths.empty()) return files;
  for (const fs::path& path : given->paths) {
    files.push_back(path);
    std::error_code ignored;
    if (MayBeDirectory(model.encoding) && fs::is_directory(path, ignored)) {
      AddDirectory(path, files);
    }
  }
  const fs::path& first = given->paths.front();
  AddNamed(first, model.encoding, files);
  if (given->paths.size() == 1 && MayHave(model.encoding, Companions::kWeights)) {
    files.push_back(WeightsBeside(first));
  }
  return files;
}

std::vector<fs::path> FilesOf(const ModelLayout::Files& given) {
  std::vector<fs::path> files = {given.model};
  std::ranges::copy(given.companions, std::back_inserter(files));
  // Fails if the model is a file.
  if (auto beneath = base::FilesBeneath(given.model, given.model.string())) {
    std::ranges::move(*beneath, std::back_inserter(files));
  }
  return files;
}

}  // namespace namesake::graph
