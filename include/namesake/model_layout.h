// The files or bytes that make up a model, and the limits on their content and on what it names.
//
// Readers of model formats open whatever a model's bytes tell them to: files beside it or anywhere,
// even addresses of the process. Therefore the bytes are checked here, once for all backends,
// before any reader sees them.
#ifndef NAMESAKE_MODEL_LAYOUT_H_
#define NAMESAKE_MODEL_LAYOUT_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "namesake/error.h"
#include "namesake/export.h"
#include "namesake/model.h"

namespace namesake {

// A model's parts. Two models never share one.
struct ModelLayout {
  // On disk: the model itself, a file or a directory, and the files that belong to it, all of them
  // checked to be there. OpenVINO IR has none or one (the .bin), ONNX those that its tensors name,
  // in the order of their names.
  struct Files {
    std::filesystem::path model;
    std::vector<std::filesystem::path> companions;
  };
  // In memory. `weights` is null where there are none.
  struct Memory {
    Blob model;
    Blob weights;
  };

  Encoding encoding = Encoding::kAutodetect;
  std::variant<Files, Memory> parts{};
  // The size of all parts together.
  std::uint64_t bytes = 0;
  // What messages call the model, by SourceName.
  Wording name = "";
};

// The layout of a model of a known encoding. Reads the first part, and may block. The content is of
// the encoding as far as its structure tells, and names nothing but its companions:
//
//   onnx   every tensor kept elsewhere names a file beneath the model's folder and a range within
//          it; a model given as bytes keeps all tensors within itself
//   openvino   every constant has as many bytes as its shape says, within the weights, and is of
//          numbers; elements are nested no deeper than any IR's
//   all    no other encoding's structure, where the own one's is in doubt
//
// Errors: invalid_argument for a wrong number of parts, empty bytes, bytes that keep weights
// elsewhere, and constants that do not fit their bytes; invalid_encoding for content that is
// evidently of another encoding; security for tensors that stand for the host's own memory;
// unsupported for constants of strings; runtime_error, with path and remedy, for content that is
// damaged and for files that are missing, empty, unreadable, of the wrong kind, or outside of the
// model's folder.
NAMESAKE_API Result<ModelLayout> CheckLayout(const Model& model);

}  // namespace namesake

#endif  // NAMESAKE_MODEL_LAYOUT_H_
