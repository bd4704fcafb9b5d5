// Which files make up a model.
#ifndef NAMESAKE_HOST_MODEL_FILES_H_
#define NAMESAKE_HOST_MODEL_FILES_H_

#include <filesystem>
#include <vector>

#include "namesake/model.h"

namespace namesake::host {

// The model's paths as they are given, the .bin beside an .xml that stands alone, the files that an
// ONNX model names, and all that is in a directory: files, folders and links, those that lead
// nowhere included. What is not there yet is listed too. None for a model in memory. Reads at most
// the structure of an ONNX file.
std::vector<std::filesystem::path> FilesOf(const Model& model);

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_MODEL_FILES_H_
