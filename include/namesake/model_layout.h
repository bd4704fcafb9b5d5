// The files or bytes that make up a model, and the checks on their content and on what it names.
//
// Readers of model formats open whatever a model's bytes name: files beside it or anywhere, even
// addresses of the process. Therefore the bytes are checked here, once for all backends, before any
// reader sees them.
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
  // A model on disk: the model itself, a file or a directory, and its companion files, all of which
  // exist. OpenVINO IR has at most one companion (the .bin); ONNX has the files that its tensors
  // name, sorted by name.
  struct Files {
    std::filesystem::path model;
    std::vector<std::filesystem::path> companions;
  };
  // A model in memory. `weights` is null if there are none.
  struct Memory {
    Blob model;
    Blob weights;
  };

  Encoding encoding = Encoding::kAutodetect;
  std::variant<Files, Memory> parts{};
  // The size of all parts together.
  std::uint64_t bytes = 0;
  // The model's name in messages, from SourceName.
  Wording name = "";
};

// Returns the layout of a model of a known encoding. Reads the first part, and may block. The
// content has the structure of the encoding, and names nothing but its companions:
//
//   onnx       every tensor kept elsewhere names a file beneath the model's folder and a range
//              within it; a model given as bytes keeps all tensors within itself
//   openvino   every constant is of numbers and has as many bytes as its shape says, within the
//              weights; elements are nested no deeper than any IR's
//   all        content whose own structure is in doubt has no other encoding's structure
//
// Errors: invalid_argument for a wrong number of parts, empty bytes, bytes that keep weights
// elsewhere, and constants that do not fit their bytes; invalid_encoding for content that is
// evidently of another encoding; security for tensors that name the host's own memory; unsupported
// for constants of strings; runtime_error, with path and remedy, for damaged content and for files
// that are missing, empty, unreadable, of the wrong kind, or outside the model's folder.
NAMESAKE_API Result<ModelLayout> CheckLayout(const Model& model);

}  // namespace namesake

#endif  // NAMESAKE_MODEL_LAYOUT_H_
