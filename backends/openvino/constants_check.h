// A check of the constants that OpenVINO's readers have made.
#ifndef NAMESAKE_BACKENDS_OPENVINO_CONSTANTS_CHECK_H_
#define NAMESAKE_BACKENDS_OPENVINO_CONSTANTS_CHECK_H_

#include <openvino/core/model.hpp>

#include "namesake/error.h"

namespace namesake::openvino {

// Whether each constant of the model, those of bodies included, has as much memory as its type and
// shape take: operations go by these alone, and would read what lies behind. The layout's check has
// seen to that for what it knows of each format; this asks what was read, however it was spelled.
// `name` is what messages call the model. Errors: invalid_argument. Throws what OpenVINO throws.
Result<void> CheckConstants(const ov::Model& model, const Wording& name);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_CONSTANTS_CHECK_H_
