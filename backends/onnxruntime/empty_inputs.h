// Which models may be given tensors without elements.
//
// Some of ONNX Runtime's operations compute on nothing and leave their outputs as they find them,
// with what the memory had before; others end the process. The guest would read what was others'.
#ifndef NAMESAKE_BACKENDS_ONNXRUNTIME_EMPTY_INPUTS_H_
#define NAMESAKE_BACKENDS_ONNXRUNTIME_EMPTY_INPUTS_H_

#include "graph/onnx_outline.h"

namespace namesake::onnxruntime {

// Whether none of the model's operations is known to do either.
bool MayBeEmpty(const graph::OnnxOutline& outline);

}  // namespace namesake::onnxruntime

#endif  // NAMESAKE_BACKENDS_ONNXRUNTIME_EMPTY_INPUTS_H_
