// The backend that runs graphs with OpenVINO.
//
// Reads OpenVINO IR, ONNX, TensorFlow (a SavedModel directory or a frozen .pb file) and TensorFlow
// Lite. Targets: cpu is OpenVINO's CPU; gpu is its GPU; tpu is its NPU (OpenVINO has no TPU); auto
// is the GPU if the machine has one, otherwise the CPU.
//
// Options of a model, with their defaults:
//   inference_precision  f32 | f16 | bf16      f32      The precision that the device computes in.
//   performance_hint     latency | throughput  latency  One inference at a time with all cores, or
//                                                       several at once with fewer cores each.
//   threads              1 to 4096             all      CPU threads that the graph may use.
//   streams              1 to 4096             by hint  Inferences that run at once.
//   signature            a signature's key     the first one's
//                                                       The signature by which a TensorFlow Lite
//                                                       model is loaded.
//
// A guest may set threads and streams at most to the number of processors.
//
// "latency" is the default because a guest waits for its own result; inferences of parallel
// contexts then take turns. "throughput" pays off if many contexts are busy all the time.
//
// OpenVINO's CPU narrows wide types: a graph over i64, u64 or f64 takes and gives tensors of that
// type, but computes in i32 and f32.
#ifndef NAMESAKE_OPENVINO_H_
#define NAMESAKE_OPENVINO_H_

#include <memory>

#include "namesake/backend.h"
#include "namesake/export.h"

namespace namesake {

// Loads no part of OpenVINO until the first call that needs it. Graphs may outlive the backend.
NAMESAKE_API std::unique_ptr<Backend> NewOpenVinoBackend();

}  // namespace namesake

#endif  // NAMESAKE_OPENVINO_H_
