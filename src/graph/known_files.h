// Files that people give in place of a model, recognized by their content: pointers, pages of a
// failed download, archives, and formats that no backend reads.
//
// The content may be hostile: nothing is read beyond it, nothing recurses, and the work is bounded
// whatever its size. Pure functions of their arguments; any thread.
#ifndef NAMESAKE_GRAPH_KNOWN_FILES_H_
#define NAMESAKE_GRAPH_KNOWN_FILES_H_

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace namesake::graph {

// The kind of the content and the remedy, to follow a name and "is", such as "a zip archive; unpack
// it and give the model in it". Empty for what is not recognized, a model of any encoding included.
//
// Ask for content alone that is not whole and in order as the encoding it is given as: a model may
// begin as another format does.
std::string_view KnownFileText(std::span<const std::byte> content);

// The same for what a failed download leaves in place of any file: a pointer or a page.
std::string_view FailedDownloadText(std::span<const std::byte> content);

// The same for a directory. A SavedModel is recognized too. Looks at names, and follows links.
std::string_view KnownDirectoryText(const std::filesystem::path& directory);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_KNOWN_FILES_H_
