// Which files make up a model, by what its encoding may have (graph/encoding_layout.h).
#ifndef NAMESAKE_GRAPH_MODEL_FILES_H_
#define NAMESAKE_GRAPH_MODEL_FILES_H_

#include <filesystem>
#include <vector>

#include "namesake/model.h"
#include "namesake/model_layout.h"

namespace namesake::graph {

// The model's paths as they are given, the weights beside one that stands alone, the files that its
// content may name and does, and all that is in a directory: files, folders and links, those that
// lead nowhere included. What is not there yet is listed too. None for a model in memory. Reads at
// most the structure of a file that names others.
std::vector<std::filesystem::path> FilesOf(const Model& model);

// Those of a model that has been checked: itself, its companions, and the files in a directory.
std::vector<std::filesystem::path> FilesOf(const ModelLayout::Files& files);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_MODEL_FILES_H_
