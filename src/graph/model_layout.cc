#include "namesake/model_layout.h"

#include <sys/stat.h>

#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "base/fail.h"
#include "base/file.h"
#include "base/text.h"
#include "graph/detect.h"
#include "graph/encoding_layout.h"
#include "graph/graph_def_check.h"
#include "graph/ir_check.h"
#include "graph/known_files.h"
#include "graph/named_files.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;

std::string_view FormatName(Encoding encoding) {
  switch (encoding) {
    case Encoding::kOpenVino:
      return "an OpenVINO IR";
    case Encoding::kOnnx:
      return "an ONNX model";
    case Encoding::kTensorFlow:
      return "a TensorFlow graph";
    case Encoding::kPyTorch:
      return "a TorchScript archive";
    case Encoding::kTensorFlowLite:
      return "a TensorFlow Lite model";
    case Encoding::kGgml:
      return "a GGUF file";
    case Encoding::kAutodetect:
      break;
  }
  return "a model";
}

// A file of a model, and its name in messages.
struct NamedFile {
  fs::path path;
  Wording name;
};

// A file that belongs to a model; guests see its name as the model spells it.
NamedFile Companion(fs::path path, std::string_view spelled) {
  Wording name = {base::Printable(spelled), path.string()};
  return {.path = std::move(path), .name = std::move(name)};
}

Result<std::uint64_t> CheckFile(const NamedFile& file, Encoding encoding) {
  const auto status = base::ReadableStatus(file.path, file.name);
  if (!status) return base::Fail(status);
  if (S_ISDIR(status->st_mode)) {
    if (const auto known = graph::KnownDirectoryText(file.path); !known.empty()) {
      return base::Fail(ErrorCode::kInvalidEncoding, "{} is {}", file.name, known);
    }
    return base::Fail(ErrorCode::kRuntimeError,
                      "{} is a directory, but {} is a file; give the file's path", file.name,
                      FormatName(encoding));
  }
  if (auto regular = base::CheckRegular(file.name, *status); !regular) {
    return base::Fail(std::move(regular));
  }
  return static_cast<std::uint64_t>(status->st_size);
}

Result<std::uint64_t> CheckFullFile(const NamedFile& file, Encoding encoding) {
  auto size = CheckFile(file, encoding);
  if (!size) return size;
  if (auto full = base::CheckNotEmpty(file.name, *size); !full) return base::Fail(std::move(full));
  return size;
}

Result<void> CheckContent(std::span<const std::byte> content, Encoding encoding,
                          const Wording& name) {
  const graph::Likeness likeness = graph::LikenessTo(encoding, content);
  if (likeness == graph::Likeness::kLooks) return {};
  const std::vector<Encoding> others = graph::LooksLike(content);
  if (!others.empty()) {
    return base::Fail(ErrorCode::kInvalidEncoding, "{} is {}, not {}; set its encoding to {}", name,
                      FormatName(others.front()), FormatName(encoding),
                      EncodingName(others.front()));
  }
  if (const auto known = graph::KnownFileText(content); !known.empty()) {
    return base::Fail(ErrorCode::kInvalidEncoding, "{} is {}", name, known);
  }
  // The reader decides on content that only starts like the encoding.
  if (likeness == graph::Likeness::kUnsure) return {};
  return base::Fail(ErrorCode::kInvalidEncoding, "{} is not {}", name, FormatName(encoding));
}

// "which has 10 of 20 bytes"
std::string ShortText(std::uint64_t needed, std::uint64_t size) {
  return fmt::format("which has {} of {} bytes", size, needed);
}

// Reports weights that are too short: "x.bin is a Git LFS pointer …", or `otherwise` if the content
// is not recognized.
std::unexpected<Error> ShortWeights(const NamedFile& weights, std::unexpected<Error> otherwise) {
  const auto file = base::MappedFile::Open(weights.path, weights.name);
  const auto known = file ? graph::FailedDownloadText(file->bytes()) : std::string_view();
  if (known.empty()) return otherwise;
  return base::Fail(ErrorCode::kRuntimeError, "{} is {}", weights.name, known);
}

// The weights of the .xml `model`: `given`, or the default .bin. `guest_path` as in ModelFiles.
NamedFile WeightsOf(const fs::path& model, const fs::path* given, std::string_view guest_path) {
  fs::path path = given != nullptr ? *given : graph::WeightsBeside(model);
  const std::string spelled = graph::WeightsBeside(guest_path).string();
  return Companion(std::move(path), guest_path.empty() ? "its .bin" : spelled);
}

Result<void> CheckIr(ModelLayout::Files& parts, std::string_view guest_path, ModelLayout& layout,
                     std::span<const std::byte> xml) {
  const auto scan = graph::ScanIr(xml, layout.name);
  if (!scan) return base::Fail(scan);
  const bool named = !parts.companions.empty();
  NamedFile bin = WeightsOf(parts.model, named ? parts.companions.data() : nullptr, guest_path);
  std::error_code ignored;
  if (!named && !fs::exists(bin.path, ignored)) {
    if (!scan->has_weights) return {};
    return base::Fail(
        ErrorCode::kRuntimeError,
        "{} has weights, but {} does not exist; put the .bin beside the .xml or give both "
        "paths",
        layout.name, bin.name);
  }
  const auto size = scan->has_weights ? CheckFullFile(bin, Encoding::kOpenVino)
                                      : CheckFile(bin, Encoding::kOpenVino);
  if (!size) return base::Fail(size);
  if (scan->needed_bytes > *size) {
    return ShortWeights(bin,
                        base::Fail(ErrorCode::kRuntimeError,
                                   "{} refers to weights beyond the end of {}, {}; copy both again",
                                   layout.name, bin.name, ShortText(scan->needed_bytes, *size)));
  }
  parts.companions.clear();
  // OpenVINO writes an empty .bin for a model without weights, but refuses to read one.
  if (*size > 0) parts.companions.push_back(std::move(bin.path));
  layout.bytes += *size;
  return {};
}

Result<graph::NamedFiles> CheckOnnx(std::span<const std::byte> content, const Wording& name,
                                    graph::GivenAs given) {
  auto named = graph::FilesNamedBy(content, Encoding::kOnnx, given);
  if (named) return *std::move(named);
  return base::Fail(ErrorCode::kRuntimeError,
                    "{} is not an ONNX model, or is damaged or cut off; copy it again", name);
}

Result<void> CheckGraphDef(std::span<const std::byte> content, const Wording& name) {
  if (graph::IsWholeGraphDef(content)) return {};
  return base::Fail(ErrorCode::kRuntimeError,
                    "{} is not a TensorFlow graph, or is damaged or cut off; copy it again", name);
}

// Checks the file that holds tensors of `model`; returns its path and size.
Result<std::pair<fs::path, std::uint64_t>> CheckExternalFile(const fs::path& model,
                                                             const Wording& name,
                                                             const graph::NamedFiles& scan,
                                                             const graph::NamedFile& named) {
  const std::string& location = named.name;
  const std::uint64_t needed = named.needed_bytes;
  if (named.place == graph::NamedPlace::kMemory) {
    return base::Fail(
        ErrorCode::kSecurity,
        "{} stores weights in \"{}\", which refers to the host's own memory; save the model "
        "with its weights beside it",
        name, location);
  }
  if (!named.is_allowed()) {
    return base::Fail(
        ErrorCode::kRuntimeError,
        "{} stores weights in \"{}\", which is outside its directory; save the model with "
        "its weights beside it",
        name, base::Printable(location));
  }
  NamedFile file = Companion(model.parent_path() / location, location);
  std::error_code ignored;
  if (!fs::exists(file.path, ignored)) {
    return base::Fail(ErrorCode::kRuntimeError,
                      "{} stores weights in {}, which does not exist; put that file there", name,
                      file.name);
  }
  const auto size = CheckFullFile(file, Encoding::kOnnx);
  if (!size) return base::Fail(size);
  if (needed == std::numeric_limits<std::uint64_t>::max() && !scan.misplaced.empty()) {
    return base::Fail(ErrorCode::kRuntimeError,
                      "{}: {} in {}, which is not a 64-bit number; save the model again", name,
                      scan.misplaced, file.name);
  }
  if (needed > *size) {
    return ShortWeights(
        file,
        base::Fail(ErrorCode::kRuntimeError,
                   "{} refers to weights beyond the end of {}, which has {} bytes; copy both again",
                   name, file.name, *size));
  }
  return std::pair(std::move(file.path), *size);
}

Result<void> CheckExternalData(ModelLayout::Files& parts, ModelLayout& layout,
                               std::span<const std::byte> content) {
  const auto scan = CheckOnnx(content, layout.name, graph::GivenAs::kFiles);
  if (!scan) return base::Fail(scan);
  for (const graph::NamedFile& named : scan->files) {
    auto file = CheckExternalFile(parts.model, layout.name, *scan, named);
    if (!file) return base::Fail(file);
    layout.bytes += file->second;
    parts.companions.push_back(std::move(file->first));
  }
  return {};
}

Result<void> CheckSavedModel(const fs::path& directory, ModelLayout& layout) {
  std::error_code error;
  if (!graph::IsModelDirectory(directory, Encoding::kTensorFlow)) {
    if (const auto known = graph::KnownDirectoryText(directory); !known.empty()) {
      return base::Fail(ErrorCode::kInvalidEncoding, "{} is {}", layout.name, known);
    }
    return base::Fail(ErrorCode::kRuntimeError,
                      "{} is not a TensorFlow SavedModel: it has no saved_model.pb; give the "
                      "directory that contains it",
                      layout.name);
  }
  const std::string_view name = graph::LayoutsOf(Encoding::kTensorFlow).front().directory_file;
  const auto graph = CheckFullFile(Companion(directory / name, name), Encoding::kTensorFlow);
  if (!graph) return base::Fail(graph);
  const auto files = base::FilesBeneath(directory, layout.name);
  if (!files) return base::Fail(files);
  for (const fs::path& file : *files) {
    layout.bytes += fs::file_size(file, error);
    if (error) {
      const std::string spelled = file.lexically_relative(directory);
      return base::Fail(ErrorCode::kRuntimeError, "can't read {}: {}",
                        Companion(file, spelled).name, error.message());
    }
  }
  return {};
}

Result<void> CheckModelFile(ModelLayout::Files& parts, std::string_view guest_path,
                            ModelLayout& layout) {
  const auto size = CheckFullFile({.path = parts.model, .name = layout.name}, layout.encoding);
  if (!size) return base::Fail(size);
  layout.bytes = *size;
  const auto file = base::MappedFile::Open(parts.model, layout.name);
  if (!file) return base::Fail(file);
  if (auto content = CheckContent(file->bytes(), layout.encoding, layout.name); !content) {
    return content;
  }
  switch (layout.encoding) {
    case Encoding::kOpenVino:
      return CheckIr(parts, guest_path, layout, file->bytes());
    case Encoding::kOnnx:
      return CheckExternalData(parts, layout, file->bytes());
    case Encoding::kTensorFlow:
      return CheckGraphDef(file->bytes(), layout.name);
    default:
      return {};
  }
}

Result<ModelLayout> CheckFiles(const ModelFiles& files, ModelLayout layout) {
  const std::size_t count = files.paths.size();
  if (auto counted = graph::CheckPartCount(layout.encoding, count, "file"); !counted) {
    return base::Fail(std::move(counted));
  }
  ModelLayout::Files parts{.model = files.paths[0], .companions = {}};
  if (count == 2) parts.companions.push_back(files.paths[1]);
  std::error_code ignored;
  const bool saved_model =
      graph::MayBeDirectory(layout.encoding) && fs::is_directory(parts.model, ignored);
  auto checked = saved_model ? CheckSavedModel(parts.model, layout)
                             : CheckModelFile(parts, files.guest_path(), layout);
  if (!checked) return base::Fail(std::move(checked));
  layout.parts = std::move(parts);
  return layout;
}

Result<void> CheckIrBytes(const ModelLayout::Memory& parts, const Wording& name) {
  const auto scan = graph::ScanIr(*parts.model, name);
  if (!scan) return base::Fail(scan);
  const std::uint64_t size = parts.weights ? parts.weights->size() : 0;
  if (scan->has_weights && size == 0) {
    return base::Fail(ErrorCode::kInvalidArgument,
                      "the OpenVINO IR has weights; give two non-empty parts (xml, bin)");
  }
  if (scan->needed_bytes <= size) return {};
  return base::Fail(ErrorCode::kInvalidArgument,
                    "the OpenVINO IR refers to weights beyond the end of its second part, {}",
                    ShortText(scan->needed_bytes, size));
}

Result<void> CheckBytes(const ModelLayout::Memory& parts, Encoding encoding, const Wording& name) {
  if (auto content = CheckContent(*parts.model, encoding, name); !content) return content;
  if (encoding == Encoding::kOpenVino) return CheckIrBytes(parts, name);
  if (encoding == Encoding::kTensorFlow) return CheckGraphDef(*parts.model, name);
  if (encoding != Encoding::kOnnx) return {};
  const auto scan = CheckOnnx(*parts.model, name, graph::GivenAs::kBytes);
  if (!scan) return base::Fail(scan);
  if (std::ranges::all_of(scan->files, &graph::NamedFile::is_allowed)) return {};
  return base::Fail(ErrorCode::kInvalidArgument,
                    "{} stores weights in other files, which a model given as bytes can't; save it "
                    "with its weights inside, or register it by path",
                    name);
}

Result<ModelLayout> CheckMemory(const ModelBytes& given, ModelLayout layout) {
  const std::size_t count = given.parts.size();
  if (auto counted = graph::CheckPartCount(layout.encoding, count, "part"); !counted) {
    return base::Fail(std::move(counted));
  }
  ModelLayout::Memory parts{.model = given.parts[0],
                            .weights = count == 2 ? given.parts[1] : nullptr};
  if (parts.model->empty()) {
    return base::Fail(ErrorCode::kInvalidArgument, "the model's bytes are empty");
  }
  if (auto checked = CheckBytes(parts, layout.encoding, layout.name); !checked) {
    return base::Fail(std::move(checked));
  }
  for (const Blob& part : given.parts) layout.bytes += part->size();
  layout.parts = std::move(parts);
  return layout;
}

}  // namespace

Result<ModelLayout> CheckLayout(const Model& model) {
  ModelLayout layout{.encoding = model.encoding, .name = SourceName(model)};
  if (const auto* files = std::get_if<ModelFiles>(&model.source)) {
    return CheckFiles(*files, std::move(layout));
  }
  return CheckMemory(std::get<ModelBytes>(model.source), std::move(layout));
}

}  // namespace namesake
