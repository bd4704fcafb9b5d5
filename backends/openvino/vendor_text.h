// OpenVINO's words about what went wrong, as a person reads them.
#ifndef NAMESAKE_BACKENDS_OPENVINO_VENDOR_TEXT_H_
#define NAMESAKE_BACKENDS_OPENVINO_VENDOR_TEXT_H_

#include <string>
#include <string_view>

namespace namesake::openvino {

// Begins the list of operations that OpenVINO's readers have no rule for.
inline constexpr std::string_view kUnknownOperations =
    "it has operations that OpenVINO does not convert: ";

// One line of printable text: OpenVINO's words without the places in its source files and its
// advice to programmers; a report about operations as one clause; and the bare words of the C++
// library, such as "stoll", as what they mean for a model.
std::string VendorText(std::string_view what);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_VENDOR_TEXT_H_
