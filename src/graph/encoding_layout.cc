#include "graph/encoding_layout.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <system_error>
#include <vector>

#include "base/fail.h"
#include "base/text.h"

namespace namesake::graph {
namespace {

namespace fs = std::filesystem;

constexpr bool IsInOrder() {
  for (std::size_t i = 0; i < kEncodingLayouts.size(); ++i) {
    if (kEncodingLayouts[i].encoding != static_cast<Encoding>(i)) return false;
    if (kEncodingLayouts[i].max_parts < 1 || kEncodingLayouts[i].max_parts > kMaxParts) {
      return false;
    }
  }
  return static_cast<std::size_t>(Encoding::kAutodetect) == kEncodingLayouts.size();
}
static_assert(IsInOrder(), "a row for each encoding, in the order of Encoding");

// WeightsBeside relies on there being only one such encoding.
constexpr auto kWithWeights = [] {
  return *std::ranges::find(kEncodingLayouts, Companions::kWeights, &EncodingLayout::companions);
}();
static_assert(std::ranges::count(kEncodingLayouts, Companions::kWeights,
                                 &EncodingLayout::companions) == 1);

// Formats the allowed number of parts: "1", or "1 or 2 (xml, bin)".
std::string CountText(Encoding encoding) {
  const auto layouts = LayoutsOf(encoding);
  const auto most = std::ranges::max_element(layouts, {}, &EncodingLayout::max_parts);
  if (most->max_parts == 1) return "1";
  std::vector<std::string_view> names;
  for (const std::string_view extension : std::span(most->extensions).first(most->max_parts)) {
    names.push_back(extension.substr(1));
  }
  return fmt::format("1 or {} ({})", most->max_parts, fmt::join(names, ", "));
}

// Whether the content starts with an element, optionally after blanks, or with a UTF-8 or UTF-16
// byte order mark.
bool LooksLikeXml(std::span<const std::byte> content) {
  std::string_view text = base::AsText(content);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text.starts_with('<') || text.starts_with("\xEF\xBB\xBF") ||
         text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
}

}  // namespace

Result<void> CheckPartCount(Encoding encoding, std::size_t count, std::string_view unit) {
  const std::size_t most = MaxParts(encoding);
  if (count >= 1 && count <= most) return {};
  const std::string who = encoding == Encoding::kAutodetect
                              ? "a model"
                              : fmt::format("the encoding {}", EncodingName(encoding));
  return base::Fail(ErrorCode::kInvalidArgument, "{} takes {} {}{}, not {}", who,
                    CountText(encoding), unit, most == 1 ? "" : "s", count);
}

Companions CompanionsOf(Encoding encoding, std::span<const std::byte> content) {
  if (encoding != Encoding::kAutodetect) return LayoutsOf(encoding).front().companions;
  return LooksLikeXml(content) ? Companions::kWeights : Companions::kNamed;
}

fs::path WeightsBeside(const fs::path& model) {
  return fs::path(model).replace_extension(kWithWeights.extensions[1]);
}

bool IsModelDirectory(const fs::path& directory, Encoding encoding) {
  return std::ranges::any_of(LayoutsOf(encoding), [&](const EncodingLayout& layout) {
    std::error_code ignored;
    return !layout.directory_file.empty() && fs::exists(directory / layout.directory_file, ignored);
  });
}

std::string_view FileExtension(Encoding encoding) {
  if (encoding == Encoding::kAutodetect) return {};
  return LayoutsOf(encoding).front().extensions.front();
}

std::optional<Encoding> EncodingByExtension(const fs::path& file) {
  const std::string extension = base::ToLower(file.extension().string());
  for (const EncodingLayout& layout : kEncodingLayouts) {
    if (!extension.empty() && layout.extensions.front() == extension) return layout.encoding;
  }
  return std::nullopt;
}

std::string GraphFileName(Encoding encoding) {
  const std::string_view extension = FileExtension(encoding);
  return extension.empty() ? "" : fmt::format("model{}", extension);
}

bool IsGraphFileName(const fs::path& file) {
  const std::string name = file.filename().string();
  return std::ranges::any_of(kEncodingLayouts, [&](const EncodingLayout& layout) {
    return !name.empty() &&
           (name == layout.directory_file || name == GraphFileName(layout.encoding));
  });
}

}  // namespace namesake::graph
