// Reads a model's bytes into OpenVINO's graph of operations, with the reader of its encoding.
#ifndef NAMESAKE_BACKENDS_OPENVINO_MODEL_READER_H_
#define NAMESAKE_BACKENDS_OPENVINO_MODEL_READER_H_

#include <filesystem>
#include <memory>
#include <openvino/core/model.hpp>
#include <optional>

#include "namesake/error.h"
#include "namesake/model_layout.h"

namespace namesake::openvino {

// Opens only the layout's files; `temporary_dir` as in `LoadOptions`. The result may refer to maps
// of the files, which must outlive it and whatever is compiled from it, but does not refer to a
// model's bytes in memory. Errors: invalid_encoding for content that the encoding's reader does not
// accept; runtime_error with the model's name and OpenVINO's own words.
Result<std::shared_ptr<ov::Model>> ReadModel(
    const ModelLayout& layout, const std::optional<std::filesystem::path>& temporary_dir);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_MODEL_READER_H_
