// Lists the files of a model, by what its encoding allows (graph/encoding_layout.h).
#ifndef NAMESAKE_GRAPH_MODEL_FILES_H_
#define NAMESAKE_GRAPH_MODEL_FILES_H_

#include <filesystem>
#include <vector>

#include "namesake/model.h"
#include "namesake/model_layout.h"

namespace namesake::graph {

// Returns the model's paths as given, the default weights file of a single path, the allowed files
// that the content names, and everything in a directory: files, folders and links, dangling ones
// included. Includes files that do not exist yet. Empty for a model in memory. Reads at most the
// structure of a file that names others.
std::vector<std::filesystem::path> FilesOf(const Model& model);

// Returns the files of a checked model: the model itself, its companions, and the files in a
// directory.
std::vector<std::filesystem::path> FilesOf(const ModelLayout::Files& files);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_MODEL_FILES_H_
