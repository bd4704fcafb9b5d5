// Describes OpenVINO's inputs and outputs as the core's tensors.
#ifndef NAMESAKE_BACKENDS_OPENVINO_PORTS_H_
#define NAMESAKE_BACKENDS_OPENVINO_PORTS_H_

#include <openvino/core/node_output.hpp>
#include <openvino/core/type/element_type.hpp>
#include <string_view>
#include <vector>

#include "namesake/error.h"
#include "namesake/tensor.h"

namespace namesake::openvino {

// `kind` is "input" or "output", for the message. Errors: unsupported for an element type that the
// core does not have, naming the tensor.
Result<std::vector<TensorInfo>> DescribePorts(const std::vector<ov::Output<const ov::Node>>& ports,
                                              std::string_view kind);

ov::element::Type ToVendorType(ElementType type);

// Gives each tensor the shape of its port; there are as many.
void SetShapes(const std::vector<ov::Output<const ov::Node>>& ports,
               std::vector<TensorInfo>& infos);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_PORTS_H_
