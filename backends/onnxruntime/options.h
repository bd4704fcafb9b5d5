// A model's options for this backend.
#ifndef NAMESAKE_BACKENDS_ONNXRUNTIME_OPTIONS_H_
#define NAMESAKE_BACKENDS_ONNXRUNTIME_OPTIONS_H_

#include <optional>
#include <string_view>
#include <vector>

#include "namesake/backend.h"
#include "namesake/error.h"
#include "namesake/model.h"

namespace namesake::onnxruntime {

struct Config {
  // Threads of the graph's own. Without a value it computes on those that all graphs share.
  std::optional<int> threads{};
};

// If the options are a guest's, or include any of a guest's, threads are limited to the number of
// processors, whoever set them. Errors: invalid_argument for an unknown key or a bad value, listing
// the valid ones.
Result<Config> MakeConfig(const BackendOptions& options, Origin origin);

bool KnowsOption(std::string_view key);

// Returns all problems with the options, in MakeConfig's words.
std::vector<OptionProblem> CheckOptions(const BackendOptions& options, Origin origin);

}  // namespace namesake::onnxruntime

#endif  // NAMESAKE_BACKENDS_ONNXRUNTIME_OPTIONS_H_
