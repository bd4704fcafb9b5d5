// Configured models as messages name them.
#ifndef NAMESAKE_HOST_MODEL_ID_H_
#define NAMESAKE_HOST_MODEL_ID_H_

#include <fmt/format.h>

#include <compare>
#include <string>
#include <utility>

#include "base/text.h"
#include "namesake/config.h"

namespace namesake::host {

// A model's owner and its name. The owner is empty for the host's models; no tenant's name is.
struct ModelId {
  std::string owner;
  std::string name;

  friend auto operator<=>(const ModelId&, const ModelId&) = default;
};

inline std::string IdText(const ModelId& id) {
  if (id.owner.empty()) return fmt::format("model \"{}\"", base::Printable(id.name));
  return fmt::format("model \"{}\" of tenant \"{}\"", base::Printable(id.name),
                     base::Printable(id.owner));
}

// The problem with the model's name before it. An option that gives a model has the name in it
// already; a file's line has not.
inline ConfigProblem ToProblem(const ModelId& id, ConfigProblem problem) {
  if (problem.place.line > 0 && !id.name.empty()) {
    problem.message = fmt::format("{}: {}", IdText(id), problem.message);
  }
  return problem;
}

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_MODEL_ID_H_
