// Translates a model's options to OpenVINO's properties.
#ifndef NAMESAKE_BACKENDS_OPENVINO_OPTIONS_H_
#define NAMESAKE_BACKENDS_OPENVINO_OPTIONS_H_

#include <openvino/core/any.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/backend.h"
#include "namesake/error.h"
#include "namesake/model.h"

namespace namesake::openvino {

// The configuration for compiling and importing a graph.
struct Config {
  ov::AnyMap properties;
  // The signature that the options choose, if any: its key.
  std::optional<std::string> signature{};
  // The same for a cache key: equal texts mean equal properties.
  std::string text;
  // The threads of its own that an inference computes on.
  std::uint64_t threads = 1;
};

// `device` is OpenVINO's name, such as "CPU". If the options are a guest's, or include any of a
// guest's, threads and streams are limited to the number of processors, whoever set them.
// `process_threads` is on how many threads the process computes. Errors: invalid_argument for an
// unknown key or a bad value, listing the valid ones.
Result<Config> MakeConfig(const BackendOptions& options, std::string_view device, Origin origin,
                          unsigned process_threads);

bool KnowsOption(std::string_view key);

// Returns all problems with the options, in MakeConfig's words.
std::vector<OptionProblem> CheckOptions(const BackendOptions& options, Origin origin);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_OPTIONS_H_
