// The backend that runs graphs with ONNX Runtime.
//
// Reads ONNX. Targets: cpu and auto are the CPU; there is no gpu and no tpu.
//
// Options of a model, with their defaults:
//   threads  1 to 4096  shared  CPU threads of the graph's own. Without it, a graph computes on
//                               threads that all graphs in the process share, as many as there are
//                               processors.
//
// A guest may set threads at most to the number of processors.
//
// A graph computes in the types that the model states, checks its indices, and takes tensors with
// extents of 0. Strings, sequences, maps and optional values are refused as inputs and outputs, and
// so are operations that are in a library of their own.
//
// There is one environment of ONNX Runtime's in a process. A program that also uses ONNX Runtime
// itself makes it first, with global thread pools.
#ifndef NAMESAKE_ONNXRUNTIME_H_
#define NAMESAKE_ONNXRUNTIME_H_

#include <memory>

#include "namesake/backend.h"
#include "namesake/export.h"

namespace namesake {

// Starts no part of ONNX Runtime until the first load. Graphs may outlive the backend. Turns ONNX
// Runtime's telemetry off by its environment variable ORT_DISABLE_TELEMETRY, so call it before
// other threads read the environment.
NAMESAKE_API std::unique_ptr<Backend> NewOnnxRuntimeBackend();

}  // namespace namesake

#endif  // NAMESAKE_ONNXRUNTIME_H_
