// Finds the inputs of a model that may be empty, that is, have no elements.
//
// OpenVINO computes on empty tensors, but many of its operations leave their output unchanged if
// there is nothing to read: a pooling with padding, a GRU over no steps, attention over no keys, an
// ArgMax. The result would be whatever was in the host's memory before, such as another guest's
// tensors. So an input may be empty only if all that depends on it is known to turn an empty tensor
// into an empty one, or to add nothing to the other tensors, like the cache of a decoder, which is
// put before the new keys.
#ifndef NAMESAKE_BACKENDS_OPENVINO_EMPTY_INPUTS_H_
#define NAMESAKE_BACKENDS_OPENVINO_EMPTY_INPUTS_H_

#include <openvino/core/model.hpp>
#include <vector>

namespace namesake::openvino {

// Returns a flag for each input, in the model's order; all inputs whose flag is true may be empty
// at the same time. Throws OpenVINO's exceptions.
std::vector<bool> InputsThatMayBeEmpty(const ov::Model& model);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_EMPTY_INPUTS_H_
