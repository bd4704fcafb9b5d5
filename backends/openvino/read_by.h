// One of OpenVINO's readers, by its name.
#ifndef NAMESAKE_BACKENDS_OPENVINO_READ_BY_H_
#define NAMESAKE_BACKENDS_OPENVINO_READ_BY_H_

#include <memory>
#include <openvino/core/any.hpp>
#include <openvino/core/model.hpp>
#include <string>

namespace namesake::openvino {

// `what` is what the reader takes: a path or a std::istream*, and what belongs to it. Null where it
// does not take that. Throws what OpenVINO throws.
//
// Core::read_model would ask every reader it has, load their libraries (50 to 80 ms for what is not
// IR), and take whichever accepts the bytes, whatever they were given as.
std::shared_ptr<ov::Model> ReadBy(const std::string& framework, ov::AnyVector what);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_READ_BY_H_
