// Detects the encoding of a model from its bytes, never from a file's name.
//
// The content may be hostile: nothing is read beyond it, nothing recurses, and the work is bounded
// for any size. The functions only depend on their arguments and the files named. Any thread.
#ifndef NAMESAKE_GRAPH_DETECT_H_
#define NAMESAKE_GRAPH_DETECT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "namesake/error.h"
#include "namesake/model.h"

namespace namesake::graph {

enum class Likeness : std::uint8_t {
  kNone,    // The first bytes rule the encoding out.
  kUnsure,  // Starts like the encoding, but is cut off, damaged or unusual; ask the reader.
  kLooks,   // Has the encoding's structure, as far as examined.
};

// Rates how well the content of a model's first part fits an encoding. kNone for kAutodetect.
//
//   openvino        XML whose root element is "net"
//   onnx            a ModelProto with its version and a graph of nodes
//   tensorflow      a GraphDef of named nodes, the frozen form; a SavedModel is a directory
//   pytorch         TorchScript: a zip archive with "…/constants.pkl", below 4 GiB
//   tensorflowlite  a flatbuffer with the identifier "TFL3"
//   ggml            GGUF
Likeness LikenessTo(Encoding encoding, std::span<const std::byte> content);

// Returns all encodings that the content looks like, in the order of Encoding; empty for none.
std::vector<Encoding> LooksLike(std::span<const std::byte> content);

// Detects the encoding of a model; ignores its field `encoding`. The content of a directory
// decides, and two parts or files are OpenVINO IR. Reads the first part or file, which may block.
// Errors: invalid_encoding if no encoding or several fit; invalid_argument for a wrong number of
// parts and for empty bytes; runtime_error with path and reason for a file that is missing, empty,
// unreadable or of the wrong kind.
Result<Encoding> DetectEncoding(const Model& model);

// Returns the model with its encoding detected if that is kAutodetect, otherwise unchanged. Errors:
// as for `DetectEncoding`.
Result<Model> ResolveEncoding(const Model& model);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_DETECT_H_
