// What a model of each encoding is made of: one table, which all ask that handle a model's files or
// parts. What its content names is judged in graph/named_files.h, and the files themselves are
// listed in graph/model_files.h.
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

// What belongs to a model beside its first part.
enum class Companions : std::uint8_t {
  kNone,
  kWeights,  // A second part. Of a model by path it may be left out: it lies beside the first one.
  kNamed,    // The files that its content names.
};

// Parts that an encoding has at most.
inline constexpr std::size_t kMaxParts = 2;

struct EncodingLayout {
  Encoding encoding;
  std::size_t max_parts;  // The first one is always needed.
  // Of the parts' files, in the parts' order; empty where no extension is usual.
  std::array<std::string_view, kMaxParts> extensions;
  Companions companions;
  // In a directory that is a model of this encoding; empty where a model is always a file.
  std::string_view directory_file;
};

// In the order of Encoding, all but kAutodetect.
inline constexpr std::array<EncodingLayout, kEncodingCount - 1> kEncodingLayouts = {{
    {Encoding::kOpenVino, 2, {".xml", ".bin"}, Companions::kWeights, ""},
    {Encoding::kOnnx, 1, {".onnx"}, Companions::kNamed, ""},
    {Encoding::kTensorFlow, 1, {".pb"}, Companions::kNone, "saved_model.pb"},
    {Encoding::kPyTorch, 1, {".pt"}, Companions::kNone, ""},
    {Encoding::kTensorFlowLite, 1, {".tflite"}, Companions::kNone, ""},
    {Encoding::kGgml, 1, {}, Companions::kNone, ""},
}};

// Those that a model of the encoding may have: its own, or all for kAutodetect.
constexpr std::span<const EncodingLayout> LayoutsOf(Encoding encoding) {
  const std::span all(kEncodingLayouts);
  if (encoding == Encoding::kAutodetect) return all;
  return all.subspan(static_cast<std::size_t>(encoding), 1);
}

// What a model of the encoding may have; for kAutodetect, what one of any encoding may.
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

// Errors: invalid_argument when no model of the encoding has `count` parts. `unit` is what they are
// called, "file" or "part".
Result<void> CheckPartCount(Encoding encoding, std::size_t count, std::string_view unit);

// The companions of a model whose first part has this content; for kAutodetect, those that it has
// if it is a model at all.
Companions CompanionsOf(Encoding encoding, std::span<const std::byte> content);

// The file of the weights that belong to the first part's file: "m.bin" for "m.xml". Whether it is
// there is not looked at.
std::filesystem::path WeightsBeside(const std::filesystem::path& model);

// Whether the directory is a model of the encoding, by the file that such a one has in it. Follows
// links.
bool IsModelDirectory(const std::filesystem::path& directory, Encoding encoding);

// ".onnx"; empty where none is usual, and for kAutodetect.
std::string_view FileExtension(Encoding encoding);
// The encoding whose models' files have the extension of `file`, in any case. A hint for people: a
// load goes by the content alone.
std::optional<Encoding> EncodingByExtension(const std::filesystem::path& file);
// In a directory with one model: "model.onnx"; empty where no extension is usual.
std::string GraphFileName(Encoding encoding);
// Whether a file of that name is looked for in a directory with one model.
bool IsGraphFileName(const std::filesystem::path& file);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_ENCODING_LAYOUT_H_
