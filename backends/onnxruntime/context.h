// A session as a graph, and its tensors as an execution context.
#ifndef NAMESAKE_BACKENDS_ONNXRUNTIME_CONTEXT_H_
#define NAMESAKE_BACKENDS_ONNXRUNTIME_CONTEXT_H_

#include <onnxruntime_cxx_api.h>

#include <cstdint>
#include <memory>

#include "backend_onnxruntime/ports.h"
#include "backend_onnxruntime/runtime.h"
#include "namesake/backend.h"

namespace namesake::onnxruntime {

std::shared_ptr<const Graph> NewGraph(std::shared_ptr<Runtime> runtime, Ports ports,
                                      std::uint64_t model_bytes, Ort::Session session);

}  // namespace namesake::onnxruntime

#endif  // NAMESAKE_BACKENDS_ONNXRUNTIME_CONTEXT_H_
