// A model's parts after every check that needs no reader of OpenVINO, so that what is commonly
// wrong with files is said in words that name the path and the remedy.
#ifndef NAMESAKE_BACKENDS_OPENVINO_MODEL_SOURCE_H_
#define NAMESAKE_BACKENDS_OPENVINO_MODEL_SOURCE_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "namesake/compiled_cache.h"
#include "namesake/error.h"
#include "namesake/model.h"

namespace namesake::openvino {

// On disk: the model itself, a file or a directory, and the files that belong to it. OpenVINO IR
// has none or one (the .bin), ONNX those that its tensors name.
struct PathParts {
  std::filesystem::path model;
  std::vector<std::filesystem::path> weights;
};

// In memory. `weights` may be null.
struct MemoryParts {
  Blob model;
  Blob weights;
};

struct ModelSource {
  Encoding encoding;
  std::variant<PathParts, MemoryParts> parts;
  // Of all parts together.
  std::uint64_t bytes = 0;
  // What a person calls it.
  std::string name;
};

// Errors: invalid_argument for a wrong number of parts; invalid_encoding for an encoding that is
// not served or content that is evidently of another one; runtime_error for files that are missing,
// empty, unreadable or of the wrong kind.
Result<ModelSource> CheckSource(const Model& model);

// Adds the content of all parts. Errors: runtime_error for a file that can't be read.
Result<void> AddContent(const ModelSource& source, CacheKey::Builder& key);

// Changes when a file of the model does; for telling whether what was hashed is what was read.
std::string Stamp(const ModelSource& source);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_MODEL_SOURCE_H_
