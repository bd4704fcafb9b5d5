// Looks through the bytes of an ONNX model for tensors that are kept outside of it.
//
// ONNX lets a tensor name a file and an offset instead of holding its values. Which names a model
// may have is judged in graph/named_files.h.
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
  // The names of the files, sorted, each once; as the model spells them. Empty for a tensor that
  // does not say where.
  std::vector<std::string> locations{};
  // How many bytes each of them has at least, by the tensors' offsets and lengths. The largest
  // number for what is no number, or for a sum beyond 64 bits.
  std::vector<std::uint64_t> needed_bytes{};
  // The first offset or length that is no number, such as: the tensor "w" has the offset "-4".
  std::string misplaced{};
};

// What no model exceeds, so that the result is small whatever the bytes are.
inline constexpr std::size_t kMaxOnnxLocations = 65536;
inline constexpr std::size_t kMaxOnnxLocationBytes = 4096;

// Empty when the bytes are not a well-formed message, for instance because they are cut off; when
// they say twice what can only be said once, which readers merge; and when they have more or longer
// locations than the limits above. Reads the structure only and skips
// the tensors' values.
std::optional<OnnxScan> ScanOnnx(std::span<const std::byte> model);

// The model with other names for the files of its tensors; `rename` gets each as the model spells
// it. `model` is one that ScanOnnx accepts. All else stays byte for byte.
std::vector<std::byte> RenameOnnxFiles(
    std::span<const std::byte> model,
    const std::function<std::string(std::string_view location)>& rename);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_ONNX_SCAN_H_
