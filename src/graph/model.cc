#include "namesake/model.h"

#include <array>

#include "base/fail.h"
#include "base/text.h"
#include "graph/enum_names.h"

namespace namesake {
namespace {

// In the order of Encoding.
constexpr std::array<std::string_view, kEncodingCount> kEncodings = {
    "openvino", "onnx", "tensorflow", "pytorch", "tensorflowlite", "ggml", "autodetect"};
// In the order of Target.
constexpr std::array<std::string_view, kTargetCount> kTargets = {"cpu", "gpu", "tpu", "auto"};

}  // namespace

std::string_view EncodingName(Encoding encoding) {
  return kEncodings[static_cast<std::size_t>(encoding)];
}
std::string_view TargetName(Target target) { return kTargets[static_cast<std::size_t>(target)]; }

std::optional<Encoding> ParseEncoding(std::string_view text) {
  return graph::FindNamed<Encoding>(kEncodings, text);
}
std::optional<Target> ParseTarget(std::string_view text) {
  return graph::FindNamed<Target>(kTargets, text);
}

Result<ModelName> ModelName::Parse(std::string_view text) {
  if (text.empty()) return base::Fail(ErrorCode::kInvalidArgument, "a model's name is empty");
  if (text.size() > kMaxBytes) {
    return base::Fail(ErrorCode::kInvalidArgument,
                      "a model's name has {} bytes; at most {} are allowed", text.size(),
                      kMaxBytes);
  }
  if (!base::IsUtf8(text)) {
    return base::Fail(ErrorCode::kInvalidArgument, "the model name \"{}\" is not UTF-8",
                      base::Printable(text));
  }
  if (base::HasControlCharacter(text)) {
    return base::Fail(ErrorCode::kInvalidArgument, "the model name \"{}\" has a control character",
                      base::Printable(text));
  }
  return ModelName(std::string(text));
}

std::string SourceText(const Model& model) {
  if (const auto* files = std::get_if<ModelFiles>(&model.source)) {
    return files->paths.empty() ? "no file" : files->paths.front().string();
  }
  std::uint64_t bytes = 0;
  for (const Blob& part : std::get<ModelBytes>(model.source).parts) bytes += part->size();
  return fmt::format("a model of {} in memory", base::SizeText(bytes));
}

Wording SourceName(const Model& model) {
  const auto* const files = std::get_if<ModelFiles>(&model.source);
  if (files == nullptr) return SourceText(model);
  return {files->guest_path().empty() ? "the model" : base::Printable(files->guest_path()),
          SourceText(model)};
}

}  // namespace namesake
