// Checks the operations of a model that one of OpenVINO's readers has made, before it is compiled.
#ifndef NAMESAKE_BACKENDS_OPENVINO_OPERATIONS_CHECK_H_
#define NAMESAKE_BACKENDS_OPENVINO_OPERATIONS_CHECK_H_

#include <functional>
#include <openvino/core/model.hpp>

#include "namesake/error.h"

namespace namesake::openvino {

// Calls `check` for each operation, including those in bodies, until one fails.
Result<void> ForEachOperation(const ov::Model& model,
                              const std::function<Result<void>(const ov::Node&)>& check);

// Fails for a Slice whose axes only an inference tells: the plugin of OpenVINO 2026.4.1 for
// processors compiles it by memory that it has not set, and ends the process by chance. Messages
// call the model `name`. Errors: unsupported. Throws OpenVINO's exceptions.
Result<void> CheckOperations(const ov::Model& model, const Wording& name);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_OPERATIONS_CHECK_H_
