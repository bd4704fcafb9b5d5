// Notes for the user on how OpenVINO runs a model.
#ifndef NAMESAKE_BACKENDS_OPENVINO_NOTES_H_
#define NAMESAKE_BACKENDS_OPENVINO_NOTES_H_

#include <string>
#include <string_view>
#include <vector>

#include "backend_openvino/description.h"

namespace namesake::openvino {

// For `Graph::notes`: lists inputs and outputs that the device computes with in another type than
// theirs. Observed with OpenVINO 2026.4.1 on a CPU; says nothing about other devices.
std::vector<std::string> NotesOn(const Description& description, std::string_view device);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_NOTES_H_
