// Notes for the user on how OpenVINO computes a model.
#ifndef NAMESAKE_BACKENDS_OPENVINO_NOTES_H_
#define NAMESAKE_BACKENDS_OPENVINO_NOTES_H_

#include <string>
#include <string_view>
#include <vector>

#include "backend_openvino/description.h"

namespace namesake::openvino {

// For `Graph::notes`: inputs and outputs that the device computes in other numbers than their type
// says. Seen with OpenVINO 2026.4.1 on a CPU; of other devices nothing is known, and nothing said.
std::vector<std::string> NotesOn(const Description& description, std::string_view device);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_NOTES_H_
