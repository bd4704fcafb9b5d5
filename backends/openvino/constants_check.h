// Checks the constants that OpenVINO's readers have made.
#ifndef NAMESAKE_BACKENDS_OPENVINO_CONSTANTS_CHECK_H_
#define NAMESAKE_BACKENDS_OPENVINO_CONSTANTS_CHECK_H_

#include <openvino/core/model.hpp>

#include "namesake/error.h"

namespace namesake::openvino {

// Fails unless each constant of the model, including those in bodies, has as much memory as its
// type and shape need: operations only look at these, and would read beyond smaller memory. The
// check of the layout covers what it knows of each format; this one covers what was read, however
// it was spelled. Messages call the model `name`. Errors: invalid_argument. Throws OpenVINO's
// exceptions.
Result<void> CheckConstants(const ov::Model& model, const Wording& name);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_CONSTANTS_CHECK_H_
