// From a model's bytes to OpenVINO's graph of operations, by the reader of its encoding.
#ifndef NAMESAKE_BACKENDS_OPENVINO_MODEL_READER_H_
#define NAMESAKE_BACKENDS_OPENVINO_MODEL_READER_H_

#include <memory>
#include <openvino/core/model.hpp>
#include <openvino/runtime/core.hpp>

#include "backend_openvino/model_source.h"
#include "namesake/error.h"

namespace namesake::openvino {

// The result may refer to the bytes of `source.parts` and to maps of its files: both must last as
// long as it and what is compiled from it. Errors: runtime_error with the model's name and
// OpenVINO's own words.
Result<std::shared_ptr<ov::Model>> ReadModel(ov::Core& core, const ModelSource& source);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_MODEL_READER_H_
