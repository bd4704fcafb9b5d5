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

std::size_t MaxPaths(Encoding encoding) { return encoding == Encoding::kOpenVino ? 2 : 1; }

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

ModelFiles FilesIn(const fs::path& dir, Encoding encoding) {
  switch (encoding) {
    case Encoding::kOpenVino:  // With model.bin beside it, unless it has no weights.
      return {{dir / "model.xml"}};
    case Encoding::kOnnx:
      return {{dir / "model.onnx"}};
    case Encoding::kPyTorch:
      return {{dir / "model.pt"}};
    case Encoding::kTensorFlowLite:
      return {{dir / "model.tflite"}};
    case Encoding::kTensorFlow: {
      std::error_code ignored;
      const fs::path frozen = dir / "model.pb";
      return {{fs::exists(frozen, ignored) ? frozen : dir}};
    }
    case Encoding::kGgml:
    case Encoding::kAutodetect:
      break;
  }
  return {{dir}};
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
  // "models/" and "." have no base name as they stand.
  fs::path named = fs::absolute(dir).lexically_normal();
  if (!named.has_filename()) named = named.parent_path();
  return NamedModel{.name = named.filename().string(),
                    .model = {.encoding = *encoding,
                              .target = Target::kCpu,
                              .source = FilesIn(dir, *encoding),
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
