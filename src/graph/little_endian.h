// Reads little-endian numbers from bytes that may end anywhere.
#ifndef NAMESAKE_GRAPH_LITTLE_ENDIAN_H_
#define NAMESAKE_GRAPH_LITTLE_ENDIAN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace namesake::graph {

// Returns the unsigned number in `size` bytes, at most 8, at `at`. Empty if it is not entirely
// within the content.
inline std::optional<std::uint64_t> LittleEndian(std::span<const std::byte> content, std::size_t at,
                                                 std::size_t size) {
  if (at > content.size() || size > content.size() - at) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = size; i > 0; --i) {
    value = value << 8 | std::to_integer<std::uint64_t>(content[at + i - 1]);
  }
  return value;
}

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_LITTLE_ENDIAN_H_
