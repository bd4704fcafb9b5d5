// Finds the values of enums by their names.
#ifndef NAMESAKE_GRAPH_ENUM_NAMES_H_
#define NAMESAKE_GRAPH_ENUM_NAMES_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"

namespace namesake::graph {

// Returns the value whose name is `text`, in any case. `names` are in lower case, in the enum's
// order.
template <typename Enum, std::size_t kCount>
std::optional<Enum> FindNamed(const std::array<std::string_view, kCount>& names,
                              std::string_view text) {
  const std::string lower = base::ToLower(text);
  for (std::size_t i = 0; i < kCount; ++i) {
    if (names[i] == lower) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_ENUM_NAMES_H_
