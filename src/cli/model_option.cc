#include "cli/model_option.h"

#include <algorithm>
#include <filesystem>
#include <span>
#include <utility>
#include <vector>

#include "base/fail.h"
#include "base/text.h"

namespace namesake::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> SplitFields(std::string_view text) {
  std::vector<std::string> fields(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escapes =
        text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == ':' || text[i + 1] == '\\');
    if (escapes) {
      fields.back() += text[++i];
    } else if (text[i] == ':') {
      fields.emplace_back();
    } else {
      fields.back() += text[i];
    }
  }
  return fields;
}

Result<Encoding> ToEncoding(std::string_view text) {
  if (const auto encoding = ParseEncoding(text)) return *encoding;
  std::string known;
  for (int i = 0; i < kEncodingCount; ++i) {
    if (!known.empty()) known += ", ";
    known += EncodingName(static_cast<Encoding>(i));
  }
  return Fail(ErrorCode::kInvalidArgument, "\"{}\" is no encoding; known are: {}", Printable(text),
              known);
}

Result<ModelFiles> ToFiles(std::span<const std::string> fields) {
  ModelFiles files;
  for (const std::string& field : fields) {
    if (field.empty()) {
      return Fail(ErrorCode::kInvalidArgument,
                  "a path is empty; a colon within a path is written \"\\:\"");
    }
    files.paths.emplace_back(field);
  }
  return files;
}

// What is detected may be OpenVINO IR.
std::size_t MaxPaths(Encoding encoding) {
  return encoding == Encoding::kOpenVino || encoding == Encoding::kAutodetect ? 2 : 1;
}

Result<Model> ToModel(std::string_view encoding_text, Target target,
                      std::span<const std::string> paths) {
  const auto encoding = ToEncoding(encoding_text);
  if (!encoding) return std::unexpected(encoding.error());
  auto files = ToFiles(paths);
  if (!files) return std::unexpected(files.error());
  // Most likely the first path was meant as a target.
  if (paths.size() > MaxPaths(*encoding)) {
    return Fail(ErrorCode::kInvalidArgument,
                "{} takes {}; \"{}\" is no target (cpu, gpu, tpu, auto)", EncodingName(*encoding),
                MaxPaths(*encoding) == 1 ? "one path" : "two paths", Printable(paths.front()));
  }
  return Model{.encoding = *encoding, .target = target, .source = *std::move(files), .options = {}};
}

// Each encoding's file that is there, else the directory itself. Errors: invalid_argument for
// several, each of which could be meant.
Result<ModelFiles> AnyFileIn(const fs::path& dir) {
  std::vector<fs::path> found;
  for (const char* name : {"model.xml", "model.onnx", "model.pb", "model.pt", "model.tflite"}) {
    std::error_code ignored;
    if (fs::exists(dir / name, ignored)) found.push_back(dir / name);
  }
  if (found.size() > 1) {
    return Fail(ErrorCode::kInvalidArgument, "{} and {} are both there; give the encoding",
                found[0].string(), found[1].string());
  }
  return ModelFiles{{found.empty() ? dir : found.front()}};
}

Result<ModelFiles> FilesIn(const fs::path& dir, Encoding encoding) {
  switch (encoding) {
    case Encoding::kOpenVino:  // With model.bin beside it, unless it has no weights.
      return ModelFiles{{dir / "model.xml"}};
    case Encoding::kOnnx:
      return ModelFiles{{dir / "model.onnx"}};
    case Encoding::kPyTorch:
      return ModelFiles{{dir / "model.pt"}};
    case Encoding::kTensorFlowLite:
      return ModelFiles{{dir / "model.tflite"}};
    case Encoding::kTensorFlow: {
      std::error_code ignored;
      const fs::path frozen = dir / "model.pb";
      return ModelFiles{{fs::exists(frozen, ignored) ? frozen : dir}};
    }
    case Encoding::kAutodetect:
      return AnyFileIn(dir);
    case Encoding::kGgml:
      break;
  }
  return ModelFiles{{dir}};
}

}  // namespace

Result<NamedModel> ParsePreload(std::string_view text) {
  const std::vector<std::string> fields = SplitFields(text);
  if (fields.size() < 3) {
    return Fail(ErrorCode::kInvalidArgument, "expected NAME:ENCODING[:TARGET]:PATH[:PATH…]");
  }
  const auto target = fields.size() > 3 ? ParseTarget(fields[2]) : std::nullopt;
  auto model =
      ToModel(fields[1], target.value_or(Target::kCpu), std::span(fields).subspan(target ? 3 : 2));
  if (!model) return std::unexpected(model.error());
  return NamedModel{.name = fields[0], .model = *std::move(model)};
}

Result<NamedModel> ParseGraphDir(std::string_view text) {
  const auto separator = text.find("::");
  if (separator == std::string_view::npos || separator + 2 == text.size()) {
    return Fail(ErrorCode::kInvalidArgument, "expected ENCODING::DIR");
  }
  const auto encoding = ToEncoding(text.substr(0, separator));
  if (!encoding) return std::unexpected(encoding.error());
  const fs::path dir = text.substr(separator + 2);
  auto files = FilesIn(dir, *encoding);
  if (!files) return std::unexpected(files.error());
  // "models/" and "." have no base name as they stand.
  fs::path named = fs::absolute(dir).lexically_normal();
  if (!named.has_filename()) named = named.parent_path();
  return NamedModel{.name = named.filename().string(),
                    .model = {.encoding = *encoding,
                              .target = Target::kCpu,
                              .source = *std::move(files),
                              .options = {}}};
}

Result<Model> ParseModel(std::string_view text) {
  const std::vector<std::string> fields = SplitFields(text);
  if (fields.size() < 2) {
    return Fail(ErrorCode::kInvalidArgument, "expected ENCODING:PATH[:PATH…]");
  }
  return ToModel(fields[0], Target::kCpu, std::span(fields).subspan(1));
}

}  // namespace namesake::cli
