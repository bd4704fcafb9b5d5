#include "base/nearest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/text.h"

namespace namesake::base {
namespace {

constexpr std::size_t kMostListed = 16;
// A guess does not help with longer names, and the distance takes quadratic time.
constexpr std::size_t kMostCompared = 64;

// Optimal string alignment: the Levenshtein distance plus swaps of neighbours.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before_last, last);
    std::swap(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string_view> Nearest(std::string_view text,
                                        std::span<const std::string_view> candidates) {
  if (text.size() > kMostCompared) return std::nullopt;
  std::optional<std::string_view> nearest;
  // A third of the characters, at least one, but fewer than all of them.
  std::size_t allowed = std::min(std::max<std::size_t>(1, text.size() / 3), text.size() - 1);
  if (text.empty()) allowed = 0;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > text.size() + allowed || candidate.size() + allowed < text.size()) {
      continue;
    }
    const std::size_t distance = Distance(text, candidate);
    if (distance > allowed || (nearest && distance == allowed)) continue;
    nearest = candidate;
    allowed = distance;
  }
  return nearest;
}

std::string Suggestion(std::string_view text, std::span<const std::string_view> candidates) {
  if (const auto nearest = Nearest(text, candidates)) {
    return fmt::format("; did you mean \"{}\"?", Printable(*nearest));
  }
  if (candidates.empty() || candidates.size() > kMostListed) return "";
  return fmt::format("; expected one of: {}",
                     Printable(fmt::format("{}", fmt::join(candidates, ", "))));
}

}  // namespace namesake::base
