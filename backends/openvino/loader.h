// The steps of a load: look in the cache; on a miss, read, compile and store.
#ifndef NAMESAKE_BACKENDS_OPENVINO_LOADER_H_
#define NAMESAKE_BACKENDS_OPENVINO_LOADER_H_

#include <memory>
#include <string>

#include "backend_openvino/runtime.h"
#include "namesake/backend.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "namesake/model.h"
#include "namesake/model_layout.h"

namespace namesake::openvino {

// OpenVINO can't be stopped within a step, so the deadline is checked between steps. Errors: those
// of Backend::Load; timeout.
Result<std::shared_ptr<const Graph>> LoadGraph(Runtime& runtime, const Model& model,
                                               ModelLayout layout, const LoadOptions& options,
                                               Deadline deadline);

// Implements `Backend::IdentifyForm`: names what besides the content decides the compiled form.
// Blocks until the device's plugin is there.
Result<FormIdentity> IdentifyForm(Runtime& runtime, const Model& model);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_LOADER_H_
