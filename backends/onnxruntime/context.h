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

// The parts of a graph, destroyed from the last to the first.
struct SessionParts {
  std::shared_ptr<Runtime> runtime{};
  // The memory with the session's weights, if it does not own them.
  std::shared_ptr<const void> bytes{};
  Ort::Session session{nullptr};
  // The number of the session's own threads, at least 1.
  std::uint64_t threads = 1;
};

std::shared_ptr<const Graph> NewGraph(SessionParts parts, Ports ports, std::uint64_t model_bytes);

}  // namespace namesake::onnxruntime

#endif  // NAMESAKE_BACKENDS_ONNXRUNTIME_CONTEXT_H_
