// Suggestions for misspelled names.
#ifndef NAMESAKE_BASE_NEAREST_H_
#define NAMESAKE_BASE_NEAREST_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace namesake::base {

// Returns the candidate that takes the fewest insertions, deletions, replacements and swaps of
// neighbours; empty if none is close enough to be a misspelling.
std::optional<std::string_view> Nearest(std::string_view text,
                                        std::span<const std::string_view> candidates);

// Ends a message about `text`: `; did you mean "x"?`, or `; expected one of: x, y`, or nothing if
// there are no candidates or too many to list.
std::string Suggestion(std::string_view text, std::span<const std::string_view> candidates);

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_NEAREST_H_
