// Finds the inputs of a model that may be given without elements.
//
// OpenVINO computes on tensors without elements, but many of its operations leave their output as
// it was where they have nothing to read: a pooling with padding, a GRU over no steps, attention
// over no keys, an ArgMax. What lay in the host's memory before, such as another guest's tensors,
// would be the answer. So an input may be empty only where all that it reaches is known to make an
// empty tensor of an empty one, or to add nothing to the tensors beside it: the cache of a decoder,
// which is put before the new keys.
#ifndef NAMESAKE_BACKENDS_OPENVINO_EMPTY_INPUTS_H_
#define NAMESAKE_BACKENDS_OPENVINO_EMPTY_INPUTS_H_

#include <openvino/core/model.hpp>
#include <vector>

namespace namesake::openvino {

// One for each input, in the model's order; all that are true may be empty at once. Throws what
// OpenVINO throws.
std::vector<bool> InputsThatMayBeEmpty(const ov::Model& model);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_EMPTY_INPUTS_H_
