// Looks through the XML of an OpenVINO IR for what its reader takes on trust.
//
// The reader checks where a constant's bytes lie in the weights, and not whether they are as many
// as its shape says: the product may be beyond 64 bits, the bytes may stand in an attribute in
// place of the weights or nowhere, and a constant of strings may have more of them than there are.
// A layer that then computes on the constant reads the process's memory. The reader also follows
// nested elements by calling itself. Allowed here is only what OpenVINO's own writer of IR writes.
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
  // Whether there is anything in the weights.
  bool has_weights = false;
  // How many bytes of weights there are at least.
  std::uint64_t needed_bytes = 0;
};

// `name` is what messages call the model. Reads what OpenVINO's reader would, by the same library.
// Errors: runtime_error for what is no document of UTF-8, is cut off or is nested too deep;
// invalid_argument for a constant whose shape, type, offset and size do not fit each other;
// unsupported for a constant of strings, and for weights outside of constants.
Result<IrScan> ScanIr(std::span<const std::byte> xml, const Wording& name);

// Who wrote an IR, by its own words, which may be any. Empty where it does not say.
struct IrOrigin {
  std::string version{};  // Of the format, such as "11".
  std::string
      writer{};  // OpenVINO's version, such as "2026.4.1-22982-e213a147257-releases/2026/4".
};

// Nothing for what is no XML.
IrOrigin ReadIrOrigin(std::span<const std::byte> xml);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_IR_CHECK_H_
