// A model's options as OpenVINO's properties.
#ifndef NAMESAKE_BACKENDS_OPENVINO_OPTIONS_H_
#define NAMESAKE_BACKENDS_OPENVINO_OPTIONS_H_

#include <openvino/core/any.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/backend.h"
#include "namesake/error.h"
#include "namesake/model.h"

namespace namesake::openvino {

// What a graph is compiled and imported with.
struct Config {
  ov::AnyMap properties;
  // The same for a cache key: equal texts mean equal properties.
  std::string text;
};

// `device` is OpenVINO's name for it, such as "CPU". Where the options are a guest's or have any of
// a guest's among them, threads and streams are bounded by the number of processors, whoever set
// them. Errors: invalid_argument for a key or a value that is none, listing those that are.
Result<Config> MakeConfig(const BackendOptions& options, std::string_view device, Origin origin);

// All that is wrong with the options, as MakeConfig says it.
std::vector<OptionProblem> CheckOptions(const BackendOptions& options, Origin origin);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_OPTIONS_H_
