// Scans the bytes of an ONNX model for tensors that are stored outside it.
//
// In ONNX, a tensor may name a file and an offset instead of holding its values. For which names a
// model may use, see graph/named_files.h.
#ifndef NAMESAKE_GRAPH_ONNX_SCAN_H_
#define NAMESAKE_GRAPH_ONNX_SCAN_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace namesake::graph {

struct OnnxScan {
  // Whether any tensor says that its values are elsewhere.
  bool has_external_data = false;
  // The names of the files, sorted and without duplicates, as the model spells them. A tensor that
  // gives no file adds an empty name.
  std::vector<std::string> locations{};
  // The least number of bytes that each file must have, from the tensors' offsets and lengths. The
  // largest number if one is not a number, or a sum exceeds 64 bits.
  std::vector<std::uint64_t> needed_bytes{};
  // Describes the first offset or length that is not a number, such as: the tensor "w" has the
  // offset "-4".
  std::string misplaced{};
};

// Beyond what any model needs; keeps the result small for any bytes.
inline constexpr std::size_t kMaxOnnxLocations = 65536;
inline constexpr std::size_t kMaxOnnxLocationBytes = 4096;

// Empty if the bytes are not a well-formed message (for instance because they are cut off), if a
// field that may occur once is repeated, which readers merge, or if there are more or longer
// locations than the limits above. Reads the structure only, and skips the tensors' values.
std::optional<OnnxScan> ScanOnnx(std::span<const std::byte> model);

// Returns the model with the files of its tensors renamed; `rename` gets each name as the model
// spells it. ScanOnnx must accept `model`. Everything else stays the same, byte for byte.
std::vector<std::byte> RenameOnnxFiles(
    std::span<const std::byte> model,
    const std::function<std::string(std::string_view location)>& rename);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_ONNX_SCAN_H_
