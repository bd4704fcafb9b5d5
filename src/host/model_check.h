// Finds the problems of a configured model without loading it.
#ifndef NAMESAKE_HOST_MODEL_CHECK_H_
#define NAMESAKE_HOST_MODEL_CHECK_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "host/backend_set.h"
#include "namesake/backend.h"
#include "namesake/config.h"
#include "namesake/error.h"

namespace namesake::host {

// Whether backends have devices. Asks each backend once for each target. One thread at a time.
class TargetChecks {
 public:
  const Result<void>& Check(const Backend& backend, Target target);

 private:
  std::map<std::pair<const Backend*, Target>, Result<void>> checked_{};
};

struct ModelCheck {
  // Their messages do not name the model.
  std::vector<ConfigProblem> problems{};
  // The size of all parts; empty if it can't be determined.
  std::optional<std::uint64_t> bytes{};
};

// Reads the structure of the model's files; may block.
ModelCheck CheckModel(const ConfiguredModel& model, std::span<const Backend* const> backends,
                      const EncodingBackends& first, TargetChecks& targets);

// Returns the place in the configuration that caused an error of the model's registration or load.
ConfigPlace PlaceOfError(const ConfiguredModel& model, const Error& error,
                         std::span<const Backend* const> backends, const EncodingBackends& first);

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_MODEL_CHECK_H_
