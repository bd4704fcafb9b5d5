// Makes OpenVINO's error messages readable.
#ifndef NAMESAKE_BACKENDS_OPENVINO_VENDOR_TEXT_H_
#define NAMESAKE_BACKENDS_OPENVINO_VENDOR_TEXT_H_

#include <string>
#include <string_view>

namespace namesake::openvino {

// The start of a list of operations that OpenVINO's readers can't convert.
inline constexpr std::string_view kUnknownOperations =
    "it has operations that OpenVINO does not convert: ";
// Follows the names of operations that OpenVINO's readers know, but not in the model's use.
inline constexpr std::string_view kFailedConversion = " can't be converted";

// Returns OpenVINO's words as one line of printable text: without places in its source files and
// without advice to programmers; with a report on operations reduced to one clause; and with bare
// words of the C++ library, such as "stoll", replaced by what they mean for a model.
std::string VendorText(std::string_view what);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_VENDOR_TEXT_H_
