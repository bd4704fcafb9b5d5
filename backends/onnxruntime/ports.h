// Describes a session's inputs and outputs as the core's tensors.
#ifndef NAMESAKE_BACKENDS_ONNXRUNTIME_PORTS_H_
#define NAMESAKE_BACKENDS_ONNXRUNTIME_PORTS_H_

#include <onnxruntime_cxx_api.h>

#include <span>
#include <string>
#include <vector>

#include "namesake/error.h"
#include "namesake/tensor.h"

namespace namesake::onnxruntime {

struct Ports {
  std::vector<TensorInfo> inputs{};
  std::vector<TensorInfo> outputs{};
  // The model's own names of both, byte for byte, as ONNX Runtime wants them.
  std::vector<std::string> input_names{};
  std::vector<std::string> output_names{};
};

// Facts about a model that its session does not report.
struct ModelFacts {
  // The names of inputs and outputs for which the model states no shape: ONNX Runtime reports them
  // like scalars.
  std::vector<std::string> unranked{};
  // Whether inputs may have extents of 0.
  bool may_be_empty = false;
};

// Errors: unsupported for an element type that the core does not have, naming the tensor.
// Throws ONNX Runtime's exceptions.
Result<Ports> DescribePorts(const Ort::Session& session, const ModelFacts& facts);

ONNXTensorElementDataType ToVendorType(ElementType type);

}  // namespace namesake::onnxruntime

#endif  // NAMESAKE_BACKENDS_ONNXRUNTIME_PORTS_H_
