// The steps of a load: look in the cache; on a miss, check the ports, make a session and store its
// form.
#ifndef NAMESAKE_BACKENDS_ONNXRUNTIME_LOADER_H_
#define NAMESAKE_BACKENDS_ONNXRUNTIME_LOADER_H_

#include <memory>

#include "backend_onnxruntime/runtime.h"
#include "namesake/backend.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "namesake/model.h"
#include "namesake/model_layout.h"

namespace namesake::onnxruntime {

// ONNX Runtime can't be stopped while it makes a session, so the deadline is checked before.
// Errors: those of Backend::Load; timeout.
Result<std::shared_ptr<const Graph>> LoadGraph(std::shared_ptr<Runtime> runtime, const Model& model,
                                               const ModelLayout& layout,
                                               const LoadOptions& options, Deadline deadline);

// Errors: unsupported for targets other than cpu and auto.
Result<void> CheckTarget(Target target);

}  // namespace namesake::onnxruntime

#endif  // NAMESAKE_BACKENDS_ONNXRUNTIME_LOADER_H_
