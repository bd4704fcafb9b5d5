// What somebody may have meant who wrote something that is not there.
#ifndef NAMESAKE_BASE_NEAREST_H_
#define NAMESAKE_BASE_NEAREST_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace namesake::base {

// The candidate with the fewest characters to insert, delete, replace or swap with a neighbour;
// empty when none is close enough to have been meant.
std::optional<std::string_view> Nearest(std::string_view text,
                                        std::span<const std::string_view> candidates);

// The end of a message about `text`: `; did you mean "x"?`, else `; expected one of: x, y`, else
// nothing where there are none, or too many to list.
std::string Suggestion(std::string_view text, std::span<const std::string_view> candidates);

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_NEAREST_H_
