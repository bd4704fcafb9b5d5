// Recognizes files given by mistake instead of a model, by their content: pointers, pages from a
// failed download, archives, and formats that no backend reads.
//
// The content may be hostile: nothing is read beyond it, nothing recurses, and the work is bounded
// for any size. The functions only depend on their arguments. Any thread.
#ifndef NAMESAKE_GRAPH_KNOWN_FILES_H_
#define NAMESAKE_GRAPH_KNOWN_FILES_H_

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace namesake::graph {

// Returns the kind of the content and the remedy, to follow a name and "is", such as "a zip
// archive; unpack it and give the model in it". Empty for content that is not recognized, which
// includes models of all encodings.
//
// Only call this for content that is not valid in the given encoding, because a model may start
// like another format.
std::string_view KnownFileText(std::span<const std::byte> content);

// Like above, but only for what a failed download leaves behind: a pointer or a page.
std::string_view FailedDownloadText(std::span<const std::byte> content);

// Like above, for a directory; also recognizes a SavedModel. Looks at names, and follows links.
std::string_view KnownDirectoryText(const std::filesystem::path& directory);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_KNOWN_FILES_H_
