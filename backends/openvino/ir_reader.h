// OpenVINO's reader of its own IR.
#ifndef NAMESAKE_BACKENDS_OPENVINO_IR_READER_H_
#define NAMESAKE_BACKENDS_OPENVINO_IR_READER_H_

#include <memory>
#include <openvino/core/model.hpp>

#include "backend_openvino/read_by.h"
#include "namesake/error.h"
#include "namesake/model_layout.h"

namespace namesake::openvino {

// Returns null if the reader does not accept the model. `context` precedes errors in OpenVINO's
// words. Upgrades IR of version 10.
Result<std::shared_ptr<ov::Model>> ReadIr(const ModelLayout::Files& files, Weights weights,
                                          const Wording& context);
Result<std::shared_ptr<ov::Model>> ReadIr(const ModelLayout::Memory& memory, Weights weights,
                                          const Wording& context);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_IR_READER_H_
