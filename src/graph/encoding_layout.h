// The files or parts of a model of each encoding: one table for all code that handles them. For the
// files that a model's content names, see graph/named_files.h; to list a model's files, see
// graph/model_files.h.
#ifndef NAMESAKE_GRAPH_ENCODING_LAYOUT_H_
#define NAMESAKE_GRAPH_ENCODING_LAYOUT_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "namesake/error.h"
#include "namesake/model.h"

namespace namesake::graph {

// What a model has in addition to its first part.
enum class Companions : std::uint8_t {
  kNone,
  kWeights,  // A second part. A model by path may omit it: the file is next to the first one.
  kNamed,    // The files that the content names.
};

// The largest number of parts of any encoding.
inline constexpr std::size_t kMaxParts = 2;

struct EncodingLayout {
  Encoding encoding;
  std::size_t max_parts;  // At least one part is required.
  // Of each part's file, in order; empty if there is no usual extension.
  std::array<std::string_view, kMaxParts> extensions;
  Companions companions;
  // The file that marks a directory as a model of this encoding; empty if such models are always
  // files.
  std::string_view directory_file;
};

// In the order of Encoding, without kAutodetect.
inline constexpr std::array<EncodingLayout, kEncodingCount - 1> kEncodingLayouts = {{
    {Encoding::kOpenVino, 2, {".xml", ".bin"}, Companions::kWeights, ""},
    {Encoding::kOnnx, 1, {".onnx"}, Companions::kNamed, ""},
    {Encoding::kTensorFlow, 1, {".pb"}, Companions::kNone, "saved_model.pb"},
    {Encoding::kPyTorch, 1, {".pt"}, Companions::kNone, ""},
    {Encoding::kTensorFlowLite, 1, {".tflite"}, Companions::kNone, ""},
    {Encoding::kGgml, 1, {}, Companions::kNone, ""},
}};

// Returns the encoding's own layout; for kAutodetect, all layouts.
constexpr std::span<const EncodingLayout> LayoutsOf(Encoding encoding) {
  const std::span all(kEncodingLayouts);
  if (encoding == Encoding::kAutodetect) return all;
  return all.subspan(static_cast<std::size_t>(encoding), 1);
}

// What a model of the encoding may have; for kAutodetect, what a model of any encoding may have.
constexpr std::size_t MaxParts(Encoding encoding) {
  return std::ranges::max(LayoutsOf(encoding), {}, &EncodingLayout::max_parts).max_parts;
}
constexpr bool MayHave(Encoding encoding, Companions companions) {
  return std::ranges::count(LayoutsOf(encoding), companions, &EncodingLayout::companions) > 0;
}
constexpr bool MayBeDirectory(Encoding encoding) {
  return std::ranges::any_of(LayoutsOf(encoding),
                             [](const EncodingLayout& one) { return !one.directory_file.empty(); });
}

// Fails unless a model of the encoding can have `count` parts; messages call them `unit`, "file" or
// "part". Errors: invalid_argument.
Result<void> CheckPartCount(Encoding encoding, std::size_t count, std::string_view unit);

// Returns the companions of a model whose first part has this content. For kAutodetect, assumes
// that the content is a model.
Companions CompanionsOf(Encoding encoding, std::span<const std::byte> content);

// Returns the weights file for a model file: "m.bin" for "m.xml". Does not check whether it exists.
std::filesystem::path WeightsBeside(const std::filesystem::path& model);

// Whether the directory is a model of the encoding, by the file that marks one. Follows links.
bool IsModelDirectory(const std::filesystem::path& directory, Encoding encoding);

// ".onnx"; empty if there is no usual extension, and for kAutodetect.
std::string_view FileExtension(Encoding encoding);
// Returns the encoding with the extension of `file`, in any case. A hint for people: loads only
// look at the content.
std::optional<Encoding> EncodingByExtension(const std::filesystem::path& file);
// The usual file name in a directory with one model: "model.onnx"; empty if there is no usual
// extension.
std::string GraphFileName(Encoding encoding);
// Whether a file of that name is recognized in a directory with one model.
bool IsGraphFileName(const std::filesystem::path& file);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_ENCODING_LAYOUT_H_
