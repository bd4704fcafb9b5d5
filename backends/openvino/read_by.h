// Reads a model with one of OpenVINO's readers, chosen by name.
#ifndef NAMESAKE_BACKENDS_OPENVINO_READ_BY_H_
#define NAMESAKE_BACKENDS_OPENVINO_READ_BY_H_

#include <memory>
#include <openvino/core/any.hpp>
#include <openvino/core/model.hpp>
#include <string>

namespace namesake::openvino {

// Lists OpenVINO's readers, without loading one, unless that has been done. Thread-safe. Throws
// OpenVINO's exceptions.
void FindReaders();

// `what` is the reader's input: a path or a std::istream*, and what belongs to it. Returns null if
// the reader does not accept it. Throws OpenVINO's exceptions.
//
// Core::read_model would ask all of its readers, load their libraries (50 to 80 ms for anything
// other than IR), and use whichever accepts the bytes, whatever encoding they were given as.
std::shared_ptr<ov::Model> ReadBy(const std::string& framework, ov::AnyVector what);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_READ_BY_H_
