// A compiled model as a graph, and an infer request as its execution context.
#ifndef NAMESAKE_BACKENDS_OPENVINO_CONTEXT_H_
#define NAMESAKE_BACKENDS_OPENVINO_CONTEXT_H_

#include <cstdint>
#include <memory>
#include <openvino/runtime/compiled_model.hpp>
#include <openvino/runtime/core.hpp>
#include <string>
#include <vector>

#include "backend_openvino/description.h"
#include "base/alarm.h"
#include "namesake/backend.h"

namespace namesake::openvino {

// The parts of a graph, destroyed from the last to the first.
struct CompiledParts {
  std::shared_ptr<ov::Core> core;
  // The deadlines of its inferences.
  std::shared_ptr<base::AlarmClock> alarms;
  // The memory with the constants of `compiled`, if `compiled` does not own it.
  std::shared_ptr<const void> bytes;
  ov::CompiledModel compiled;
  // The number of threads that an inference has for itself, at least 1.
  std::uint64_t threads = 1;
};

std::shared_ptr<const Graph> NewGraph(Description description, Encoding encoding,
                                      std::uint64_t model_bytes, std::vector<std::string> notes,
                                      CompiledParts parts);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_CONTEXT_H_
