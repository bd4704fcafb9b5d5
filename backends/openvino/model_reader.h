// From a model's bytes to OpenVINO's graph of operations, by the reader of its encoding.
#ifndef NAMESAKE_BACKENDS_OPENVINO_MODEL_READER_H_
#define NAMESAKE_BACKENDS_OPENVINO_MODEL_READER_H_

#include <filesystem>
#include <memory>
#include <openvino/core/model.hpp>
#include <optional>

#include "namesake/error.h"
#include "namesake/model_layout.h"

namespace namesake::openvino {

// Opens the layout's files and no other; `temporary_dir` is the one of `LoadOptions`. The result
// may refer to maps of the files, which must last as long as it and what is compiled from it; it
// refers to no bytes. Errors: invalid_encoding for what the encoding's reader does not take;
// runtime_error with the model's name and OpenVINO's own words.
Result<std::shared_ptr<ov::Model>> ReadModel(
    const ModelLayout& layout, const std::optional<std::filesystem::path>& temporary_dir);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_MODEL_READER_H_
