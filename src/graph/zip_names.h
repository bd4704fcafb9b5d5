// The names of a zip archive's entries.
#ifndef NAMESAKE_GRAPH_ZIP_NAMES_H_
#define NAMESAKE_GRAPH_ZIP_NAMES_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace namesake::graph {

// Reads the central directory at the archive's end, not the entries. Supports archives below 4 GiB
// only. The archive must outlive the reader and the names.
class ZipNames {
 public:
  explicit ZipNames(std::span<const std::byte> archive);

  // Whether there is a central directory; without it, the archive is cut off or damaged.
  bool found() const { return found_; }
  // Empty at the end, at the first damaged entry, and after 65535 entries.
  std::optional<std::string_view> Next();

 private:
  std::span<const std::byte> rest_;
  bool found_ = false;
  int entries_left_ = 0xFFFF;
};

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_ZIP_NAMES_H_
