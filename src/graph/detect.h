// Which encoding a model's bytes are of, told by the bytes alone and never by a file's name.
//
// The content may be hostile: nothing is read beyond it, nothing recurses, and the work is bounded
// whatever its size. Pure functions of their arguments and of the files named; any thread.
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
  kNone,    // Its first bytes rule the encoding out.
  kUnsure,  // It begins as the encoding may, but is cut off, damaged or unusual; ask the reader.
  kLooks,   // Its structure is the encoding's, as far as that is looked at.
};

// How well the content of a model's first part fits an encoding. kNone for kAutodetect.
//
//   openvino        XML whose root element is "net"
//   onnx            a ModelProto with its version and a graph of nodes
//   tensorflow      a GraphDef of named nodes, the frozen form; a SavedModel is a directory
//   pytorch         TorchScript: a zip archive that holds "…/constants.pkl", below 4 GiB
//   tensorflowlite  a flatbuffer with the identifier "TFL3"
//   ggml            GGUF
Likeness LikenessTo(Encoding encoding, std::span<const std::byte> content);

// All encodings that the content looks like, in the order of Encoding; empty for none.
std::vector<Encoding> LooksLike(std::span<const std::byte> content);

// The encoding of a model, whatever its field `encoding` says. A directory is told by what it
// holds, and two parts or files are OpenVINO IR. Reads the first part or file, which may block.
// Errors: invalid_encoding when it is none or several; invalid_argument for a wrong number of parts
// and for empty bytes; runtime_error with path and reason for a file that is missing, empty,
// unreadable or of the wrong kind.
Result<Encoding> DetectEncoding(const Model& model);

// The model with its encoding detected where it says kAutodetect, else as it is. Errors: as for
// `DetectEncoding`.
Result<Model> ResolveEncoding(const Model& model);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_DETECT_H_
