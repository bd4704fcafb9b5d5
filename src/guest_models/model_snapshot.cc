#include "guest_models/model_snapshot.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "graph/encoding_layout.h"
#include "graph/known_files.h"
#include "graph/named_files.h"
#include "guest_models/beneath.h"
#include "guest_models/copy_file.h"
#include "guest_models/model_tree.h"

namespace namesake::guest_models {
namespace {

namespace fs = std::filesystem;

// Returns "model" with the file's extension, which readers look at, if the extension is a plain
// one.
std::string CopyName(const std::string& path) {
  constexpr std::size_t kMaxExtensionBytes = 16;
  const std::string extension = fs::path(path).extension();
  const auto plain = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  const bool keep = extension.size() > 1 && extension.size() <= kMaxExtensionBytes &&
                    std::ranges::all_of(extension.substr(1), plain);
  return keep ? "model" + extension : "model";
}

std::uint64_t SaturatingSum(std::uint64_t a, std::uint64_t b) {
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  return b > kMax - a ? kMax : a + b;
}

std::uint64_t TotalBytes(std::span<const MeasuredFile> files) {
  std::uint64_t bytes = 0;
  for (const MeasuredFile& file : files) bytes = SaturatingSum(bytes, file.bytes);
  return bytes;
}

// Logs an error only the first time, because a guest may try again and again.
std::unexpected<Error> HostFailed(std::string_view shown, const Error& error) {
  static std::atomic<bool> told = false;
  base::Log().log(told.exchange(true) ? spdlog::level::debug : spdlog::level::err,
                  "can't copy the guest's model \"{}\": {}", base::Printable(shown.substr(0, 256)),
                  error.detail());
  return base::Fail(ErrorCode::kRuntimeError, "can't copy \"{}\": {}", base::Printable(shown),
                    Wording("the host's directory for copies can't be used", error.detail()));
}

std::unexpected<Error> CantCopy(std::string_view shown, const std::error_code& error) {
  return base::Fail(ErrorCode::kRuntimeError, "can't copy \"{}\": {}", base::Printable(shown),
                    error.message());
}

// Returns the guest's name for a file in a directory that it calls `directory`.
std::string ShownBeneath(std::string_view directory, const std::string& path) {
  return fs::path(directory) / path;
}

Result<void> CheckNamed(const graph::NamedFile& named, std::string_view shown) {
  const auto fail = [&](ErrorCode code, std::string_view reason) {
    return base::Fail(code,
                      "\"{}\" stores weights in \"{}\", {}; save it with its weights beside it",
                      base::Printable(shown), base::Printable(named.name), reason);
  };
  switch (named.place) {
    case graph::NamedPlace::kBeneath:
      return {};
    case graph::NamedPlace::kOutside:
      return fail(ErrorCode::kSecurity, "which may be outside its directory");
    case graph::NamedPlace::kMemory:
      return fail(ErrorCode::kSecurity, "which refers to the host's own memory");
    case graph::NamedPlace::kNoName:
    case graph::NamedPlace::kNoFolder:
      break;
  }
  return fail(ErrorCode::kInvalidArgument, "which is not a file name");
}

// Makes one snapshot.
class Snapshotter {
 public:
  Snapshotter(const ModelPlace& place, SnapshotStore& store) : place_(place), store_(store) {}

  Result<ModelFiles> Make() {
    const auto model = OpenBeneath(place_.directory, place_.path, place_.shown);
    if (!model) return base::Fail(model);
    auto done = model->kind == FileKind::kDirectory ? CopyTree(model->descriptor)
                                                    : CopyFileAndCompany(*model);
    if (!done) return base::Fail(std::move(done));
    return ModelFiles{.paths = std::move(paths_),
                      .copy = std::make_shared<const ModelCopy>(
                          std::string(place_.shown),
                          std::make_shared<const SnapshotDirectory>(*std::move(copies_)))};
  }

 private:
  // Checks the limits; to be called before that many bytes are copied.
  Result<void> Admit(std::uint64_t bytes);

  Result<void> Copy(const OpenedFile& file, std::uint64_t bytes, const fs::path& to,
                    std::string_view shown) const {
    return CopyFile(file.descriptor, bytes, to, shown, place_.limits.deadline);
  }
  // Copies all files from `base` to the same names in `to`.
  Result<void> CopyAll(const base::FileDescriptor& base, std::string_view base_shown,
                       std::span<const MeasuredFile> files, const fs::path& to);

  Result<void> CopyTree(const base::FileDescriptor& directory);
  Result<void> CopyFileAndCompany(const OpenedFile& model);
  Result<void> CopyWeightsBeside();
  Result<void> CopyExternalData(std::span<const std::byte> content);
  Result<std::vector<MeasuredFile>> MeasureExternalData(const base::FileDescriptor& directory,
                                                        std::string_view shown,
                                                        std::span<const graph::NamedFile> named);
  Result<void> MakeWayFor(std::span<const MeasuredFile> files);

  const ModelPlace& place_;
  SnapshotStore& store_;
  std::uint64_t total_bytes_ = 0;
  std::optional<SnapshotDirectory> copies_;  // Set by the first Admit.
  std::vector<fs::path> paths_;
};

Result<void> Snapshotter::Admit(std::uint64_t bytes) {
  total_bytes_ = SaturatingSum(total_bytes_, bytes);
  if (const auto limit = place_.limits.max_model_bytes; limit && total_bytes_ > *limit) {
    return base::FailAt("max_model_bytes", ErrorCode::kTooLarge,
                        "\"{}\" has {} bytes, above max_model_bytes = {}",
                        base::Printable(place_.shown), total_bytes_, *limit);
  }
  if (place_.limits.reserve) {
    if (auto reserved = place_.limits.reserve(bytes); !reserved) return reserved;
  }
  if (copies_) return {};
  auto made = store_.NewDirectory();
  if (!made) return HostFailed(place_.shown, made.error());
  copies_ = *std::move(made);
  return {};
}

Result<void> Snapshotter::CopyAll(const base::FileDescriptor& base, std::string_view base_shown,
                                  std::span<const MeasuredFile> files, const fs::path& to) {
  for (const MeasuredFile& file : files) {
    const std::string shown = ShownBeneath(base_shown, file.path);
    const auto opened = OpenFileBeneath(base, file.path, shown);
    if (!opened) return base::Fail(opened);
    const fs::path copy = to / file.path;
    std::error_code error;
    fs::create_directories(copy.parent_path(), error);
    if (error) return CantCopy(shown, error);
    if (auto copied = Copy(*opened, file.bytes, copy, shown); !copied) return copied;
  }
  return {};
}

Result<void> Snapshotter::CopyTree(const base::FileDescriptor& directory) {
  if (!graph::MayBeDirectory(place_.encoding)) {
    return base::Fail(
        ErrorCode::kInvalidArgument,
        "\"{}\" is a directory, but the encoding {} needs a file; give the file's path",
        base::Printable(place_.shown), EncodingName(place_.encoding));
  }
  const auto tree = ListModelTree(directory, place_.shown);
  if (!tree) return base::Fail(tree);
  if (auto admitted = Admit(TotalBytes(tree->files)); !admitted) return admitted;
  const fs::path root = copies_->path() / "model";
  std::error_code error;
  fs::create_directory(root, error);
  for (const std::string& path : tree->directories) {
    if (!error) fs::create_directory(root / path, error);
  }
  if (error) return CantCopy(place_.shown, error);
  paths_ = {root};
  return CopyAll(directory, place_.shown, tree->files, root);
}

Result<void> Snapshotter::CopyFileAndCompany(const OpenedFile& model) {
  if (auto admitted = Admit(model.bytes); !admitted) return admitted;
  paths_ = {copies_->path() / CopyName(place_.path)};
  if (auto copied = Copy(model, model.bytes, paths_[0], place_.shown); !copied) return copied;
  // The guest can't reach the copy, so it is safe to map, and what it says about other files can't
  // change.
  const auto copy = base::MappedFile::Open(paths_[0]);
  if (!copy) return HostFailed(place_.shown, copy.error());
  switch (graph::CompanionsOf(place_.encoding, copy->bytes())) {
    case graph::Companions::kNone:
      return {};
    case graph::Companions::kWeights:
      return CopyWeightsBeside();
    case graph::Companions::kNamed:
      return CopyExternalData(copy->bytes());
  }
  return {};
}

Result<void> Snapshotter::CopyWeightsBeside() {
  const std::string path = graph::WeightsBeside(place_.path);
  if (path == place_.path || IsAbsentBeneath(place_.directory, path)) return {};
  const std::string shown = graph::WeightsBeside(place_.shown);
  const auto weights = OpenFileBeneath(place_.directory, path, shown);
  if (!weights) return base::Fail(weights);
  if (auto admitted = Admit(weights->bytes); !admitted) return admitted;
  paths_.push_back(graph::WeightsBeside(paths_[0]));
  return Copy(*weights, weights->bytes, paths_[1], shown);
}

Result<void> Snapshotter::CopyExternalData(std::span<const std::byte> content) {
  const auto named = graph::FilesNamedBy(content, place_.encoding, graph::GivenAs::kFiles);
  if (!named) {
    if (const auto known = graph::KnownFileText(content); !known.empty()) {
      return base::Fail(ErrorCode::kInvalidEncoding, "\"{}\" is {}", base::Printable(place_.shown),
                        known);
    }
    return base::Fail(ErrorCode::kInvalidEncoding,
                      "\"{}\" is not an ONNX model, or is damaged or cut off; copy it again",
                      base::Printable(place_.shown));
  }
  if (named->files.empty()) return {};
  const fs::path parent = fs::path(place_.path).parent_path();
  const std::string shown = fs::path(place_.shown).parent_path();
  const auto directory =
      OpenDirectoryBeneath(place_.directory, parent.empty() ? "." : parent.native(), shown);
  if (!directory) return base::Fail(directory);
  const auto files = MeasureExternalData(directory->descriptor, shown, named->files);
  if (!files) return base::Fail(files);
  if (auto admitted = Admit(TotalBytes(*files)); !admitted) return admitted;
  if (auto made = MakeWayFor(*files); !made) return made;
  return CopyAll(directory->descriptor, shown, *files, copies_->path());
}

Result<std::vector<MeasuredFile>> Snapshotter::MeasureExternalData(
    const base::FileDescriptor& directory, std::string_view shown,
    std::span<const graph::NamedFile> named) {
  std::vector<std::string> paths;
  for (const graph::NamedFile& file : named) {
    if (auto checked = CheckNamed(file, place_.shown); !checked) {
      return base::Fail(std::move(checked));
    }
    paths.push_back(fs::path(file.name).lexically_normal());
  }
  // Two spellings may name the same file.
  std::ranges::sort(paths);
  const auto repeated = std::ranges::unique(paths);
  paths.erase(repeated.begin(), repeated.end());
  if (paths.size() > kMaxTreeEntries) {
    return base::Fail(ErrorCode::kInvalidArgument,
                      "\"{}\" stores weights in {} files; at most {} are allowed",
                      base::Printable(place_.shown), paths.size(), kMaxTreeEntries);
  }
  std::vector<MeasuredFile> files;
  for (std::string& path : paths) {
    const auto file = OpenFileBeneath(directory, path, ShownBeneath(shown, path));
    if (!file) return base::Fail(file);
    files.push_back({.path = std::move(path), .bytes = file->bytes});
  }
  return files;
}

// Renames the model's own copy if a file that the model refers to by name needs that name.
Result<void> Snapshotter::MakeWayFor(std::span<const MeasuredFile> files) {
  const auto taken = [&](const fs::path& name) {
    return std::ranges::any_of(
        files, [&](const MeasuredFile& file) { return *fs::path(file.path).begin() == name; });
  };
  fs::path name = paths_[0].filename();
  while (taken(name)) name = "_" + name.native();
  const fs::path path = copies_->path() / name;
  if (path == paths_[0]) return {};
  std::error_code error;
  fs::rename(paths_[0], path, error);
  if (error) return CantCopy(place_.shown, error);
  paths_[0] = path;
  return {};
}

}  // namespace

Result<ModelFiles> MakeModelSnapshot(const ModelPlace& place, SnapshotStore& store) {
  return Snapshotter(place, store).Make();
}

}  // namespace namesake::guest_models
