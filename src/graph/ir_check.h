// Checks the XML of an OpenVINO IR for what its reader takes on trust.
//
// The reader checks where a constant's bytes are in the weights, but not that their number matches
// the shape. The shape's product may exceed 64 bits; the bytes may be in an attribute instead of
// the weights, or missing; and a constant of strings may claim more strings than there are. A layer
// that computes on the constant would then read the process's memory. The reader also recurses into
// nested elements. Only what OpenVINO's own IR writer produces is accepted here.
#ifndef NAMESAKE_GRAPH_IR_CHECK_H_
#define NAMESAKE_GRAPH_IR_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "namesake/error.h"

namespace namesake::graph {

// More than any IR has.
inline constexpr int kMaxIrDepth = 256;

struct IrScan {
  // Whether any constant uses the weights.
  bool has_weights = false;
  // The least number of bytes that the weights must have.
  std::uint64_t needed_bytes = 0;
};

// Messages call the model `name`. Parses the XML with the same library as OpenVINO's reader.
// Errors: runtime_error for content that is not a UTF-8 document, is cut off or nested too deep;
// invalid_argument for a constant whose shape, type, offset and size are inconsistent; unsupported
// for a constant of strings, and for weights outside constants.
Result<IrScan> ScanIr(std::span<const std::byte> xml, const Wording& name);

// Who wrote an IR, according to the IR itself: any text. Empty if it does not say.
struct IrOrigin {
  std::string version{};  // The version of the format, such as "11".
  std::string
      writer{};  // OpenVINO's version, such as "2026.4.1-22982-e213a147257-releases/2026/4".
};

// Empty if the content is not XML.
IrOrigin ReadIrOrigin(std::span<const std::byte> xml);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_IR_CHECK_H_
