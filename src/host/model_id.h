// Names of configured models in messages.
#ifndef NAMESAKE_HOST_MODEL_ID_H_
#define NAMESAKE_HOST_MODEL_ID_H_

#include <fmt/format.h>

#include <compare>
#include <string>
#include <utility>

#include "base/text.h"
#include "namesake/config.h"

namespace namesake::host {

// A model's owner and name. The owner is empty for the host's models; a tenant's name never is.
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

// Prepends the model's name to a problem that has a place in a file. An option's place contains the
// name already.
inline ConfigProblem ToProblem(const ModelId& id, ConfigProblem problem) {
  if (problem.place.line > 0 && !id.name.empty()) {
    problem.message = fmt::format("{}: {}", IdText(id), problem.message);
  }
  return problem;
}

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_MODEL_ID_H_
