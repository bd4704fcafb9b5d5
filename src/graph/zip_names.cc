#include "graph/zip_names.h"

#include <algorithm>

#include "base/text.h"
#include "graph/little_endian.h"

namespace namesake::graph {

using namespace std::string_view_literals;

ZipNames::ZipNames(std::span<const std::byte> archive) {
  constexpr std::size_t kEndBytes = 22;
  constexpr std::size_t kMaxCommentBytes = 0xFFFF;
  const std::size_t tail = std::min(archive.size(), kEndBytes + kMaxCommentBytes);
  const auto at = base::AsText(archive.last(tail)).rfind("PK\x05\x06"sv);
  if (at == std::string_view::npos) return;
  const std::size_t end = archive.size() - tail + at;
  const auto size = LittleEndian(archive, end + 12, 4);
  const auto offset = LittleEndian(archive, end + 16, 4);
  if (!size || !offset || *offset > end || *size > end - *offset) return;
  found_ = true;
  rest_ = archive.subspan(*offset, *size);
}

std::optional<std::string_view> ZipNames::Next() {
  constexpr std::size_t kRecordBytes = 46;
  if (entries_left_ == 0 || !base::AsText(rest_).starts_with("PK\x01\x02"sv)) return std::nullopt;
  --entries_left_;
  const auto name = LittleEndian(rest_, 28, 2);
  const auto extra = LittleEndian(rest_, 30, 2);
  const auto comment = LittleEndian(rest_, 32, 2);
  if (!name || !extra || !comment) return std::nullopt;
  const std::size_t bytes = kRecordBytes + *name + *extra + *comment;
  if (bytes > rest_.size()) return std::nullopt;
  const std::string_view found = base::AsText(rest_.subspan(kRecordBytes, *name));
  rest_ = rest_.subspan(bytes);
  return found;
}

}  // namespace namesake::graph
