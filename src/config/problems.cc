#include "config/problems.h"

#include <algorithm>

#include "base/text.h"

namespace namesake {

std::string ConfigPlaceText(const ConfigPlace& place) {
  if (place.line == 0) return place.source;
  return fmt::format("{}:{}:{}", place.source, place.line, place.column);
}

std::string ConfigProblemText(const ConfigProblem& problem) {
  return fmt::format("{}: {}", ConfigPlaceText(problem.place), problem.message);
}

namespace config {

ConfigPlace Problems::PublicPlace(const Place& place) const {
  if (place.source == 0) {
    return {.source = file_.string(), .line = place.line, .column = place.column};
  }
  return {.source = fmt::format("--set {}", base::Printable(overrides_[place.source - 1]))};
}

std::vector<ConfigProblem> Problems::Take() {
  std::ranges::sort(problems_);
  std::vector<ConfigProblem> taken;
  for (Problem& problem : problems_) {
    taken.push_back({PublicPlace(problem.place), std::move(problem.message)});
  }
  problems_.clear();
  return taken;
}

}  // namespace config
}  // namespace namesake
