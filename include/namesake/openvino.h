// The backend that runs graphs with OpenVINO.
//
// Reads OpenVINO IR, ONNX, TensorFlow (a SavedModel directory or a frozen .pb file) and TensorFlow
// Lite. Targets: cpu is OpenVINO's CPU, gpu its GPU, tpu its NPU (OpenVINO knows no TPU), auto the
// GPU of a machine that has one and else the CPU.
//
// Options of a model, with their defaults:
//   inference_precision  f32 | f16 | bf16      f32      What the device computes in.
//   performance_hint     latency | throughput  latency  One compute at a time with all cores, or
//                                                       several at once with fewer cores each.
//   threads              1, 2, …               all      CPU threads that the graph may use.
//   streams              1, 2, …               by hint  Computes that run at once.
//
// "latency" is the default because a guest waits for its own result: computes of parallel contexts
// then take turns. "throughput" pays where many contexts are busy all the time.
//
// What OpenVINO's CPU does with wide types is its own: a graph over i64, u64 or f64 takes and gives
// tensors of that type, and computes in i32 and f32.
#ifndef NAMESAKE_OPENVINO_H_
#define NAMESAKE_OPENVINO_H_

#include <memory>

#include "namesake/backend.h"
#include "namesake/export.h"

namespace namesake {

// Loads nothing of OpenVINO until the first call that needs it. Graphs may outlive the backend.
NAMESAKE_API std::unique_ptr<Backend> NewOpenVinoBackend();

}  // namespace namesake

#endif  // NAMESAKE_OPENVINO_H_
