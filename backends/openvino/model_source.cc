#include "backend_openvino/model_source.h"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

#include "base/fail.h"
#include "base/file.h"
#include "graph/detect.h"
#include "graph/onnx_scan.h"

namespace namesake::openvino {
namespace {

namespace fs = std::filesystem;

bool IsServed(Encoding encoding) {
  return encoding == Encoding::kOpenVino || encoding == Encoding::kOnnx ||
         encoding == Encoding::kTensorFlow || encoding == Encoding::kTensorFlowLite;
}

// Whether an OpenVINO IR needs its .bin.
bool HasConstants(std::span<const std::byte> xml) {
  const std::string_view text(reinterpret_cast<const char*>(xml.data()), xml.size());
  return text.contains("type=\"Const\"");
}

std::string_view FormatName(Encoding encoding) {
  switch (encoding) {
    case Encoding::kOpenVino:
      return "an OpenVINO IR";
    case Encoding::kOnnx:
      return "an ONNX model";
    case Encoding::kTensorFlow:
      return "a TensorFlow graph";
    default:
      return "a TensorFlow Lite model";
  }
}

Result<std::uint64_t> CheckFile(const fs::path& path, Encoding encoding) {
  const auto status = ReadableStatus(path);
  if (!status) return std::unexpected(status.error());
  if (S_ISDIR(status->st_mode)) {
    return Fail(ErrorCode::kRuntimeError,
                "{} is a directory, but {} is a file; give the file's path", path.string(),
                FormatName(encoding));
  }
  if (auto regular = CheckRegular(path, *status); !regular) return Fail(std::move(regular));
  return static_cast<std::uint64_t>(status->st_size);
}

Result<std::uint64_t> CheckFullFile(const fs::path& path, Encoding encoding) {
  auto size = CheckFile(path, encoding);
  if (!size) return size;
  if (auto full = CheckNotEmpty(path, *size); !full) return Fail(std::move(full));
  return size;
}

Result<void> CheckContent(std::span<const std::byte> content, Encoding encoding,
                          std::string_view name) {
  // Whether content that only begins as it should is of the encoding, the reader decides.
  if (LikenessTo(encoding, content) != Likeness::kNone) return {};
  const std::vector<Encoding> others = LooksLike(content);
  return Fail(ErrorCode::kInvalidEncoding, "{} is not {}{}", name, FormatName(encoding),
              others.empty() ? ""
                             : fmt::format("; its content looks like the encoding {}",
                                           EncodingName(others.front())));
}

Result<void> CheckIr(PathParts& parts, std::uint64_t& bytes, std::span<const std::byte> xml) {
  const bool named = !parts.weights.empty();
  const fs::path bin = named ? parts.weights[0] : fs::path(parts.model).replace_extension(".bin");
  const bool needed = HasConstants(xml);
  std::error_code ignored;
  if (!named && !fs::exists(bin, ignored)) {
    if (!needed) return {};
    return Fail(ErrorCode::kRuntimeError,
                "{} has weights, but {} does not exist; put the .bin beside the .xml or give both "
                "paths",
                parts.model.string(), bin.string());
  }
  const auto size =
      needed ? CheckFullFile(bin, Encoding::kOpenVino) : CheckFile(bin, Encoding::kOpenVino);
  if (!size) return std::unexpected(size.error());
  parts.weights.clear();
  // OpenVINO writes an empty .bin for a model without weights, and refuses to read one.
  if (*size > 0) parts.weights.push_back(bin);
  bytes += *size;
  return {};
}

// Relative, beneath the model's own folder, as ONNX wants it.
bool IsBeneath(const fs::path& location) {
  return !location.empty() && location.is_relative() &&
         std::ranges::none_of(location, [](const fs::path& step) { return step == ".."; });
}

Result<OnnxScan> CheckOnnx(std::span<const std::byte> content, std::string_view name) {
  auto scan = ScanOnnx(content);
  if (scan) return *std::move(scan);
  return Fail(ErrorCode::kRuntimeError,
              "{} is damaged or cut off, or is no ONNX model; copy it again", name);
}

Result<void> CheckExternalData(PathParts& parts, std::uint64_t& bytes,
                               std::span<const std::byte> content) {
  const auto scan = CheckOnnx(content, parts.model.string());
  if (!scan) return std::unexpected(scan.error());
  for (const std::string& location : scan->locations) {
    if (!IsBeneath(location)) {
      return Fail(ErrorCode::kRuntimeError,
                  "{} keeps weights in \"{}\", which is outside of its folder; save the model with "
                  "its weights beside it",
                  parts.model.string(), location);
    }
    const fs::path file = parts.model.parent_path() / location;
    std::error_code ignored;
    if (!fs::exists(file, ignored)) {
      return Fail(ErrorCode::kRuntimeError,
                  "{} keeps weights in {}, which does not exist; put that file there",
                  parts.model.string(), file.string());
    }
    const auto size = CheckFullFile(file, Encoding::kOnnx);
    if (!size) return std::unexpected(size.error());
    bytes += *size;
    parts.weights.push_back(file);
  }
  return {};
}

Result<void> CheckSavedModel(const fs::path& directory, std::uint64_t& bytes) {
  std::error_code error;
  if (!fs::exists(directory / "saved_model.pb", error)) {
    return Fail(ErrorCode::kRuntimeError,
                "{} is not a TensorFlow SavedModel: it has no saved_model.pb; give the directory "
                "that has it",
                directory.string());
  }
  const auto graph = CheckFullFile(directory / "saved_model.pb", Encoding::kTensorFlow);
  if (!graph) return std::unexpected(graph.error());
  const auto files = FilesBeneath(directory);
  if (!files) return std::unexpected(files.error());
  for (const fs::path& file : *files) {
    bytes += fs::file_size(file, error);
    if (error) {
      return Fail(ErrorCode::kRuntimeError, "can't read {}: {}", file.string(), error.message());
    }
  }
  return {};
}

Result<void> CheckModelFile(PathParts& parts, Encoding encoding, std::uint64_t& bytes) {
  const auto size = CheckFullFile(parts.model, encoding);
  if (!size) return std::unexpected(size.error());
  bytes = *size;
  const auto file = MappedFile::Open(parts.model);
  if (!file) return std::unexpected(file.error());
  if (auto content = CheckContent(file->bytes(), encoding, parts.model.string()); !content) {
    return content;
  }
  if (encoding == Encoding::kOpenVino) return CheckIr(parts, bytes, file->bytes());
  if (encoding == Encoding::kOnnx) return CheckExternalData(parts, bytes, file->bytes());
  return {};
}

std::unexpected<Error> WrongCount(Encoding encoding, std::size_t count, std::string_view unit) {
  const std::string_view expected = encoding == Encoding::kOpenVino ? "1 or 2 (xml, bin)" : "1";
  return Fail(ErrorCode::kInvalidArgument, "the encoding {} takes {} {}, not {}",
              EncodingName(encoding), expected, unit, count);
}

bool RightCount(Encoding encoding, std::size_t count) {
  return count == 1 || (count == 2 && encoding == Encoding::kOpenVino);
}

Result<ModelSource> CheckFiles(const ModelFiles& files, ModelSource source) {
  const std::size_t count = files.paths.size();
  if (!RightCount(source.encoding, count)) {
    return WrongCount(source.encoding, count,
                      source.encoding == Encoding::kOpenVino ? "files" : "file");
  }
  PathParts parts{.model = files.paths[0], .weights = {}};
  if (count == 2) parts.weights.push_back(files.paths[1]);
  std::error_code ignored;
  const bool saved_model =
      source.encoding == Encoding::kTensorFlow && fs::is_directory(parts.model, ignored);
  auto checked = saved_model ? CheckSavedModel(parts.model, source.bytes)
                             : CheckModelFile(parts, source.encoding, source.bytes);
  if (!checked) return Fail(std::move(checked));
  source.parts = std::move(parts);
  return source;
}

Result<void> CheckBytes(const MemoryParts& parts, Encoding encoding, std::string_view name) {
  if (auto content = CheckContent(*parts.model, encoding, name); !content) return content;
  if (encoding == Encoding::kOpenVino && HasConstants(*parts.model) &&
      (!parts.weights || parts.weights->empty())) {
    return Fail(ErrorCode::kInvalidArgument,
                "the OpenVINO IR has weights; give 2 parts (xml, bin), both not empty");
  }
  if (encoding != Encoding::kOnnx) return {};
  const auto scan = CheckOnnx(*parts.model, name);
  if (!scan) return std::unexpected(scan.error());
  if (!scan->has_external_data) return {};
  return Fail(
      ErrorCode::kInvalidArgument,
      "{} keeps weights outside of itself, which a model given as bytes can't; save it with "
      "its weights inside, or register it by path",
      name);
}

Result<ModelSource> CheckMemory(const ModelBytes& given, ModelSource source) {
  const std::size_t count = given.parts.size();
  if (!RightCount(source.encoding, count)) {
    return WrongCount(source.encoding, count,
                      source.encoding == Encoding::kOpenVino ? "parts" : "part");
  }
  MemoryParts parts{.model = given.parts[0], .weights = count == 2 ? given.parts[1] : nullptr};
  if (parts.model->empty()) {
    return Fail(ErrorCode::kInvalidArgument, "the model's bytes are empty");
  }
  if (auto checked = CheckBytes(parts, source.encoding, source.name); !checked) {
    return Fail(std::move(checked));
  }
  for (const Blob& part : given.parts) source.bytes += part->size();
  source.parts = std::move(parts);
  return source;
}

void AppendStamp(const fs::path& path, std::string& stamp) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return;
  fmt::format_to(std::back_inserter(stamp), "{}:{}:{}.{};", status.st_ino, status.st_size,
                 status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

}  // namespace

Result<ModelSource> CheckSource(const Model& model) {
  ModelSource source{
      .encoding = model.encoding, .parts = {}, .bytes = 0, .name = SourceText(model)};
  if (!IsServed(model.encoding)) {
    return Fail(ErrorCode::kInvalidEncoding, "the openvino backend does not read the encoding {}",
                EncodingName(model.encoding));
  }
  if (const auto* files = std::get_if<ModelFiles>(&model.source)) {
    return CheckFiles(*files, std::move(source));
  }
  return CheckMemory(std::get<ModelBytes>(model.source), std::move(source));
}

Result<void> AddContent(const ModelSource& source, CacheKey::Builder& key) {
  if (const auto* memory = std::get_if<MemoryParts>(&source.parts)) {
    key.Add(std::span<const std::byte>(*memory->model));
    if (memory->weights) key.Add(std::span<const std::byte>(*memory->weights));
    return {};
  }
  const auto& paths = std::get<PathParts>(source.parts);
  if (auto added = key.AddContent(paths.model); !added) return added;
  for (const fs::path& file : paths.weights) {
    key.Add(file.lexically_relative(paths.model.parent_path()).native());
    if (auto added = key.AddContent(file); !added) return added;
  }
  return {};
}

std::string Stamp(const ModelSource& source) {
  std::string stamp;
  const auto* paths = std::get_if<PathParts>(&source.parts);
  if (paths == nullptr) return stamp;
  AppendStamp(paths->model, stamp);
  for (const fs::path& file : paths->weights) AppendStamp(file, stamp);
  // Nothing for a model that is a file.
  if (const auto files = FilesBeneath(paths->model)) {
    for (const fs::path& file : *files) AppendStamp(file, stamp);
  }
  return stamp;
}

}  // namespace namesake::openvino
